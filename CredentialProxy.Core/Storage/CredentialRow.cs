namespace CredentialProxy.Core.Storage;

/// <summary>A provider key added over the API, sealed.</summary>
public sealed class CredentialRow : ILimitedRow
{
    /// <summary><c>cred_…</c></summary>
    public required string Id { get; set; }

    /// <summary>The provider whose key it is.</summary>
    public required string Provider { get; set; }

    /// <summary>What operators call it.</summary>
    public string Label { get; set; } = "";

    /// <summary>The key, sealed with ASP.NET Core Data Protection; or a reference such as <c>env:NAME</c> or <c>file:/path</c>.</summary>
    public required string SealedSecret { get; set; }

    /// <summary>Limits, as <see cref="TokenRow.LimitsJson"/>.</summary>
    public string LimitsJson { get; set; } = "[]";

    /// <summary>Whether it is out of use for the time being.</summary>
    public bool IsDisabled { get; set; }

    /// <summary>When it was added.</summary>
    public required DateTimeOffset CreatedAt { get; set; }

    /// <inheritdoc/>
    public long Version { get; set; }
}
