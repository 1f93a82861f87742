namespace CredentialProxy.Core.Storage;

/// <summary>A slice of a limit that one holder may spend alone.</summary>
public sealed class LeaseRow
{
    /// <summary>The holder: one run of one gateway.</summary>
    public required string Holder { get; set; }

    /// <summary>The counter it was taken from.</summary>
    public long CounterId { get; set; }

    /// <summary>The limit it was taken under.</summary>
    public long Limit { get; set; }

    /// <summary>What is left of it, reserved or free.</summary>
    public long Amount { get; set; }
}
