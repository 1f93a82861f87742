namespace CredentialProxy.Core.Storage;

/// <summary>A session or proxy token as it is kept: its grant, and its hash; never the token.</summary>
public sealed class TokenRow : ILimitedRow
{
    /// <summary><c>tok_…</c>; the <c>jti</c> of a session token.</summary>
    public required string Id { get; set; }

    /// <summary><c>session</c> or <c>proxy</c>.</summary>
    public required string Kind { get; set; }

    /// <summary>SHA-256 of a proxy token, lower-case hexadecimal; null for a session token, which proves itself by its signature.</summary>
    public string? Hash { get; set; }

    /// <summary>The token's last four characters, to tell tokens apart by eye.</summary>
    public required string LastFour { get; set; }

    /// <summary>What operators call it.</summary>
    public string Label { get; set; } = "";

    /// <summary>The project, null for none.</summary>
    public string? ProjectId { get; set; }

    /// <summary>The credential that must be used, null for any.</summary>
    public string? CredentialId { get; set; }

    /// <summary>Names of the providers; empty for all. Lists are kept as JSON arrays.</summary>
    public List<string> Providers { get; set; } = [];

    /// <summary>Model patterns.</summary>
    public List<string> Models { get; set; } = [];

    /// <summary>Endpoint rules.</summary>
    public List<string> Endpoints { get; set; } = [];

    /// <summary>Client networks.</summary>
    public List<string> Cidrs { get; set; } = [];

    /// <summary>Browser origins.</summary>
    public List<string> Origins { get; set; } = [];

    /// <summary>Names of the features that it is granted; see <see cref="Grants.FeatureNames"/>.</summary>
    public List<string> Features { get; set; } = [];

    /// <summary>Limits, as a JSON array of <c>{"unit","limit","window"}</c>, <c>usd</c> in dollars; see <see cref="Grants.LimitDocument"/>.</summary>
    public string LimitsJson { get; set; } = "[]";

    /// <summary>Whether it is disabled for the time being.</summary>
    public bool IsDisabled { get; set; }

    /// <summary>When it was revoked for good; null while it is not.</summary>
    public DateTimeOffset? RevokedAt { get; set; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; set; }

    /// <summary>When it ends; null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; set; }

    /// <summary>When it was last used, to the minute.</summary>
    public DateTimeOffset? LastUsedAt { get; set; }

    /// <summary>Who made it, as <see cref="AuditRow.Actor"/>; null where that was not noted yet.</summary>
    public string? MintedBy { get; set; }

    /// <inheritdoc/>
    public long Version { get; set; }
}
