using System.Diagnostics.Metrics;

namespace CredentialProxy.Admin.Rebuilding;

/// <summary>What is measured of accounts that are lost and rebuilt.</summary>
internal sealed class RebuildingMeters : IDisposable
{
    private readonly Meter _meter;
    private readonly Counter<long> _rebuilt;
    private volatile bool _isOpen;

    public RebuildingMeters(IMeterFactory meters)
    {
        _meter = meters.Create("CredentialProxy.Rebuilding");
        _rebuilt = _meter.CreateCounter<long>("credential_proxy.accounts.rebuilt", "{time}", "How often accounts in Redis were rebuilt.");
        // What has not happened yet is 0, so that an alarm sees the first time.
        _rebuilt.Add(0);
        _meter.CreateObservableGauge("credential_proxy.accounts.open", () => _isOpen ? 1 : 0, "{state}", "1 while accounts in Redis are open, 0 while they are lost or rebuilt.");
    }

    public bool IsOpen
    {
        get => _isOpen;
        set => _isOpen = value;
    }

    public void Rebuilt() => _rebuilt.Add(1);

    public void Dispose() => _meter.Dispose();
}
