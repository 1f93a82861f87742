using System.Diagnostics.Metrics;

namespace CredentialProxy.Core.Limits.Redis.Journal;

/// <summary>What the journal measures.</summary>
internal sealed class JournalMeters : IDisposable
{
    private readonly Meter _meter = new("CredentialProxy.Journal");
    private readonly Counter<long> _kept;
    private readonly Counter<long> _failed;

    public JournalMeters(Func<long> bytes)
    {
        _kept = _meter.CreateCounter<long>("credential_proxy.journal.kept", "{settlement}", "Settled requests that were written to the journal because Redis could not take them.");
        _failed = _meter.CreateCounter<long>("credential_proxy.journal.failed", "{settlement}", "Settled requests that could not be written to the journal either. They are in memory alone.");
        // What has not happened yet is 0, so that an alarm sees the first time.
        _kept.Add(0);
        _failed.Add(0);
        _meter.CreateObservableGauge("credential_proxy.journal.size", bytes, "By", "Size of the journal; 0 while Redis takes everything.");
    }

    public void Kept(int count) => _kept.Add(count);

    public void Failed(int count) => _failed.Add(count);

    public void Dispose() => _meter.Dispose();
}
