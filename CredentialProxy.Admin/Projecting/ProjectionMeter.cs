using System.Diagnostics.Metrics;

namespace CredentialProxy.Admin.Projecting;

/// <summary>Counts what is projected, and what had to be repaired.</summary>
internal sealed class ProjectionMeter : IDisposable
{
    /// <summary>Name of the meter.</summary>
    public const string Name = "CredentialProxy.Directory";

    private readonly Meter _meter = new(Name);
    private readonly Counter<long> _projected;
    private readonly Counter<long> _repaired;

    public ProjectionMeter()
    {
        _projected = _meter.CreateCounter<long>("credential_proxy.directory.projected", "{object}", "Objects of the directory that were written because they had changed.");
        _repaired = _meter.CreateCounter<long>("credential_proxy.directory.repaired", "{object}", "Objects of the directory that were not as the database has them. More than none is a fault.");
        // What has not happened yet is 0, so that an alarm sees the first time.
        _projected.Add(0);
        _repaired.Add(0);
    }

    public void Projected(int objects) => _projected.Add(objects);

    public void Repaired(int objects) => _repaired.Add(objects);

    public void Dispose() => _meter.Dispose();
}
