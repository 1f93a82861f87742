using CredentialProxy.Admin.Recording.Streams;
using CredentialProxy.Core.Objects;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CredentialProxy.Admin.Ownership;

/// <summary>Says whether changes of owners get where they are kept.</summary>
internal sealed class OwnershipHealth(RecorderOptions recorder, ObjectOwnersOptions owners) : IHealthCheck
{
    private long _waiting; // interlocked

    /// <summary>Beyond it an alarm is raised, long before no more is taken.</summary>
    public long AlarmAbove => Math.Min(recorder.AlarmAbove, owners.MaxWaiting / 2);

    /// <summary>Whether more wait than should.</summary>
    public bool IsAlarmed => Volatile.Read(ref _waiting) > AlarmAbove;

    public void Saw(long waiting) => Volatile.Write(ref _waiting, waiting);

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(IsAlarmed
        ? HealthCheckResult.Unhealthy($"{Volatile.Read(ref _waiting)} changes of who made which stored object wait in Redis, more than {AlarmAbove}.")
        : HealthCheckResult.Healthy());
}
