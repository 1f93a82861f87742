using System.Diagnostics.Metrics;

namespace CredentialProxy.Admin.Ownership;

/// <summary>What is measured of owners of stored objects.</summary>
internal sealed class OwnershipMeters : IDisposable
{
    private readonly Meter _meter;
    private readonly Counter<long> _recorded;
    private readonly Counter<long> _buried;
    private readonly Counter<long> _rebuilt;
    private long _waiting; // interlocked
    private double _lagSeconds; // volatile
    private volatile bool _isOpen;

    public OwnershipMeters(IMeterFactory meters)
    {
        _meter = meters.Create("CredentialProxy.Ownership");
        _recorded = _meter.CreateCounter<long>("credential_proxy.objects.recorded", "{change}", "Changes of who made which stored object that were written to Postgres.");
        _buried = _meter.CreateCounter<long>("credential_proxy.objects.buried", "{entry}", "Entries of the stream of those changes that could not be kept and were put aside.");
        _rebuilt = _meter.CreateCounter<long>("credential_proxy.objects.rebuilt", "{time}", "How often owners of stored objects were put back in Redis.");
        // What has not happened yet is 0, so that an alarm sees the first time.
        Recorded(0);
        _buried.Add(0);
        _rebuilt.Add(0);
        _meter.CreateObservableGauge("credential_proxy.objects.waiting", () => Volatile.Read(ref _waiting), "{entry}", "Changes of who made which stored object that wait in Redis.");
        _meter.CreateObservableGauge("credential_proxy.objects.lag", () => Volatile.Read(ref _lagSeconds), "s", "Age of the oldest of them.");
        _meter.CreateObservableGauge("credential_proxy.objects.open", () => _isOpen ? 1 : 0, "{state}", "1 while owners of stored objects in Redis are open, 0 while they are lost or put back.");
    }

    public bool IsOpen
    {
        get => _isOpen;
        set => _isOpen = value;
    }

    public void Recorded(int changes) => _recorded.Add(changes);

    public void Buried() => _buried.Add(1);

    public void Rebuilt() => _rebuilt.Add(1);

    public void Saw(long waiting, double lagSeconds)
    {
        Volatile.Write(ref _waiting, waiting);
        Volatile.Write(ref _lagSeconds, lagSeconds);
    }

    public void Dispose() => _meter.Dispose();
}
