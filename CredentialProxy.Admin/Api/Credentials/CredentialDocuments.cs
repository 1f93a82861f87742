using CredentialProxy.Admin.Api.Tokens;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Vault;

namespace CredentialProxy.Admin.Api.Credentials;

/// <summary>A provider key to be added, or what is to be changed of one.</summary>
public sealed record CredentialRequest
{
    /// <summary>The provider's name. Required when it is added.</summary>
    public string? Provider { get; init; }

    /// <summary>What to call it, at most 200 characters.</summary>
    public string? Label { get; init; }

    /// <summary>The key, or a reference to one: <c>env:NAME</c> or <c>file:/path</c>. Never shown again.</summary>
    public string? Secret { get; init; }

    /// <summary>Limits on what is used of it.</summary>
    public IReadOnlyList<LimitDocument>? Limits { get; init; }

    /// <summary>Whether it is out of use.</summary>
    public bool? Disabled { get; init; }
}

/// <summary>A credential as it is shown: everything but the key.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Provider">The provider's name.</param>
/// <param name="Label">What it is called.</param>
/// <param name="Source"><c>sealed</c>, <c>reference</c> or <c>environment</c>.</param>
/// <param name="Limits">Its limits.</param>
/// <param name="Disabled">Whether it is out of use.</param>
/// <param name="CreatedAt">When it was added; null for one from the environment.</param>
public sealed record CredentialDocument(
    string Id, string Provider, string Label, string Source, IReadOnlyList<LimitState> Limits, bool Disabled, DateTimeOffset? CreatedAt)
{
    /// <summary>The document of a row.</summary>
    internal static CredentialDocument Of(CredentialRow row, IReadOnlyList<LimitState>? limits = null) => new(
        row.Id, row.Provider, row.Label, CredentialVault.IsReference(row.SealedSecret) ? "reference" : "sealed", limits ?? LimitRequests.Describe(row.LimitsJson), row.IsDisabled, row.CreatedAt);

    /// <summary>The document of a credential from the environment or the settings.</summary>
    internal static CredentialDocument OfEnvironment(Credential credential) => new(credential.Id, credential.Provider, credential.Label, "environment", [], false, null);
}

/// <summary>A page of credentials.</summary>
/// <param name="Credentials">The credentials; on the first page those of the environment before all others.</param>
/// <param name="NextCursor">What to ask for the next page with; null at the end.</param>
public sealed record CredentialPage(IReadOnlyList<CredentialDocument> Credentials, string? NextCursor);

/// <summary>Filters of a list of credentials; all of them apply together.</summary>
/// <param name="Limit">Most stored credentials in a page, 1 to 200; 50 when absent.</param>
/// <param name="Cursor">The <c>nextCursor</c> of the page before.</param>
/// <param name="Provider">The provider's name.</param>
/// <param name="Status"><c>active</c> or <c>disabled</c>.</param>
/// <param name="Search">A part of the label or the id; letter case does not matter.</param>
internal sealed record CredentialFilter(int? Limit, string? Cursor, string? Provider, string? Status, string? Search);
