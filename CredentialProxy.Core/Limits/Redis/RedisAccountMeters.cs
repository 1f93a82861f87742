using System.Diagnostics.Metrics;

namespace CredentialProxy.Core.Limits.Redis;

/// <summary>What is measured of what was settled and may not be in Postgres yet.</summary>
internal sealed class RedisAccountMeters : IDisposable
{
    private readonly Meter _meter = new("CredentialProxy.Accounts");
    private readonly Counter<long> _dropped;

    public RedisAccountMeters(Func<int> kept)
    {
        _meter.CreateObservableGauge("credential_proxy.settlements.kept", kept, "{settlement}", "Settled requests that are kept in memory until Postgres has them, in case Redis forgets them.");
        _dropped = _meter.CreateCounter<long>(
            "credential_proxy.settlements.dropped", "{settlement}", "Settled requests that were let go of for want of room before Postgres had them. They are in Redis alone.");
        // What has not happened yet is 0, so that an alarm sees the first time.
        _dropped.Add(0);
    }

    public void Dropped(int count) => _dropped.Add(count);

    public void Dispose() => _meter.Dispose();
}
