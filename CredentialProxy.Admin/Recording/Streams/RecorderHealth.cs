using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CredentialProxy.Admin.Recording.Streams;

/// <summary>Says whether usage gets where it is kept. Never that the control plane can't serve: without it nothing could be revoked, nor the trouble be seen.</summary>
internal sealed class RecorderHealth(RecorderOptions options) : IHealthCheck
{
    private long _waiting; // interlocked
    private RedisMemory _memory = RedisMemory.Unknown; // volatile

    /// <summary>Whether more waits than should.</summary>
    public bool IsAlarmed => Volatile.Read(ref _waiting) > options.AlarmAbove;

    public void Saw(long waiting) => Volatile.Write(ref _waiting, waiting);

    /// <summary>Whether Redis uses more of its memory than it should.</summary>
    public bool IsShortOfMemory => Volatile.Read(ref _memory).IsAbove(options.AlarmAboveMemory);

    public void Saw(RedisMemory memory) => Volatile.Write(ref _memory, memory);

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (IsAlarmed)
        {
            return Task.FromResult(HealthCheckResult.Degraded($"{Volatile.Read(ref _waiting)} usage entries wait in Redis, more than {options.AlarmAbove}."));
        }
        var memory = Volatile.Read(ref _memory);
        return Task.FromResult(IsShortOfMemory ? HealthCheckResult.Degraded($"Redis uses {memory.UsedBytes} of {memory.LimitBytes} bytes.") : HealthCheckResult.Healthy());
    }
}
