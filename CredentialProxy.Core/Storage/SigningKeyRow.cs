namespace CredentialProxy.Core.Storage;

/// <summary>A key that signs session tokens.</summary>
public sealed class SigningKeyRow : IVersionedRow
{
    /// <summary>Its <c>kid</c>: <c>sig_…</c></summary>
    public required string Id { get; set; }

    /// <summary><c>ES256</c>, <c>RS256</c> or <c>HS256</c>.</summary>
    public required string Algorithm { get; set; }

    /// <summary>What signs, a JSON Web Key, sealed with ASP.NET Core Data Protection.</summary>
    public required string SealedPrivateKey { get; set; }

    /// <summary>What proves, a JSON Web Key; null for HS256, where that could sign as well.</summary>
    public string? PublicKey { get; set; }

    /// <inheritdoc/>
    public required DateTimeOffset CreatedAt { get; set; }

    /// <summary>From when on it signs. It is known to gateways before.</summary>
    public required DateTimeOffset ActivatesAt { get; set; }

    /// <summary>When the last token that it signed has expired; null while no other key comes after it.</summary>
    public DateTimeOffset? ExpiresAt { get; set; }

    /// <summary>When it was retired: since then it proves nothing. Null while it is in use.</summary>
    public DateTimeOffset? RetiredAt { get; set; }

    /// <inheritdoc/>
    public long Version { get; set; }
}
