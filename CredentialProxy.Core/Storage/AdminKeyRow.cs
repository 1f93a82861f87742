namespace CredentialProxy.Core.Storage;

/// <summary>A key of the control plane as it is kept: what it may do, and its hash; never the key.</summary>
public sealed class AdminKeyRow : IVersionedRow
{
    /// <summary><c>adm_…</c></summary>
    public required string Id { get; set; }

    /// <summary>SHA-256 of the key, lower-case hexadecimal.</summary>
    public required string Hash { get; set; }

    /// <summary>The key's last four characters, to tell keys apart by eye.</summary>
    public required string LastFour { get; set; }

    /// <summary>What operators call it.</summary>
    public string Label { get; set; } = "";

    /// <summary><c>admin</c>, <c>minter</c> or <c>viewer</c>.</summary>
    public required string Role { get; set; }

    /// <summary>What a minter's tokens may reach at most, as JSON; null for the other roles.</summary>
    public string? CeilingsJson { get; set; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; set; }

    /// <summary>When it ends; null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; set; }

    /// <summary>When it was revoked for good; null while it is not.</summary>
    public DateTimeOffset? RevokedAt { get; set; }

    /// <inheritdoc/>
    public long Version { get; set; }
}
