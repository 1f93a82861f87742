using System.Diagnostics.Metrics;

namespace CredentialProxy.Core.Objects.Redis;

/// <summary>What is measured of changes that may not be in Postgres yet.</summary>
internal sealed class OwnersMeters : IDisposable
{
    private readonly Meter _meter = new("CredentialProxy.Objects");
    private readonly Counter<long> _dropped;

    public OwnersMeters(Func<int> kept)
    {
        _meter.CreateObservableGauge("credential_proxy.objects.kept", kept, "{change}", "Changes of who made which stored object that are kept in memory until Postgres has them, in case Redis forgets them.");
        _dropped = _meter.CreateCounter<long>("credential_proxy.objects.dropped", "{change}", "Changes of who made which stored object that were let go of for want of room before Postgres had them.");
        // What has not happened yet is 0, so that an alarm sees the first time.
        _dropped.Add(0);
    }

    public void Dropped(int count) => _dropped.Add(count);

    public void Dispose() => _meter.Dispose();
}
