namespace CredentialProxy.Core.Tokens;

/// <summary>What a verified session token says.</summary>
public sealed record SessionClaims
{
    /// <summary><c>sub</c>: the workspace, which is a project here.</summary>
    public required string Subject { get; init; }

    /// <summary><c>provider</c>; null in tokens whose grant is kept here.</summary>
    public string? Provider { get; init; }

    /// <summary><c>credentialId</c>; null for any credential of the provider.</summary>
    public string? CredentialId { get; init; }

    /// <summary><c>budget</c> in tokens of the workspace, at least 0; null for none.</summary>
    public long? Budget { get; init; }

    /// <summary><c>jti</c>; null for none.</summary>
    public string? Id { get; init; }

    /// <summary>Id of the signing key that proved it; null where the shared secret did.</summary>
    public string? KeyId { get; init; }

    /// <summary>Whether it was minted here with a grant that is kept here.</summary>
    public bool IsOurs { get; init; }

    /// <summary>From when on it is refused: <c>exp</c>, and what clocks may differ.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }
}
