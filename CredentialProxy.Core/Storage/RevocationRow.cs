namespace CredentialProxy.Core.Storage;

/// <summary>A session token minted elsewhere that is refused by its <c>jti</c>.</summary>
public sealed class RevocationRow
{
    /// <summary>The token's <c>jti</c>.</summary>
    public required string Jti { get; set; }

    /// <summary>When it was revoked.</summary>
    public required DateTimeOffset RevokedAt { get; set; }
}
