namespace CredentialProxy.Core.Storage;

/// <summary>A lease of a gateway that died, or ended, before it had accounted for it: it counts as spent, once, however often it is heard of.</summary>
public sealed class ClosedLeaseRow
{
    /// <summary>Holder, limit and counter.</summary>
    public required string Id { get; set; }

    /// <summary>What was closed, in the unit of its limit.</summary>
    public long Amount { get; set; }

    /// <summary>When it was closed.</summary>
    public required DateTimeOffset ClosedAt { get; set; }
}
