using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CredentialProxy.Admin.Recording.Streams;

/// <summary>Says whether usage gets where it is kept.</summary>
internal sealed class RecorderHealth(RecorderOptions options) : IHealthCheck
{
    private long _waiting; // interlocked

    /// <summary>Whether more waits than should.</summary>
    public bool IsAlarmed => Volatile.Read(ref _waiting) > options.AlarmAbove;

    public void Saw(long waiting) => Volatile.Write(ref _waiting, waiting);

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        IsAlarmed ? HealthCheckResult.Unhealthy($"{Volatile.Read(ref _waiting)} usage entries wait in Redis, more than {options.AlarmAbove}.") : HealthCheckResult.Healthy());
}
