namespace CredentialProxy.Core.Storage;

/// <summary>A project: a name that tokens share, with limits on what they use together. Its id is what a session token's <c>sub</c> names.</summary>
public sealed class ProjectRow : ILimitedRow
{
    /// <summary>The project's id.</summary>
    public required string Id { get; set; }

    /// <summary>What operators call it.</summary>
    public required string Name { get; set; }

    /// <summary>Limits, as <see cref="TokenRow.LimitsJson"/>.</summary>
    public string LimitsJson { get; set; } = "[]";

    /// <summary>Limits of its new tokens that state none, as <see cref="TokenRow.LimitsJson"/>.</summary>
    public string TokenLimitsJson { get; set; } = "[]";

    /// <summary>Names of the features that all its tokens are granted.</summary>
    public List<string> Features { get; set; } = [];

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; set; }

    /// <inheritdoc/>
    public long Version { get; set; }
}
