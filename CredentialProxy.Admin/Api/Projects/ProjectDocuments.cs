using CredentialProxy.Admin.Api.Tokens;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Storage;

namespace CredentialProxy.Admin.Api.Projects;

/// <summary>A project to be made, or what is to be changed of one.</summary>
public sealed record ProjectRequest
{
    /// <summary>Its id, which the <c>sub</c> of session tokens minted elsewhere names; generated when absent. Only when it is made.</summary>
    public string? Id { get; init; }

    /// <summary>What it is called; unique, at most 200 characters.</summary>
    public string? Name { get; init; }

    /// <summary>Limits on all its tokens together.</summary>
    public IReadOnlyList<LimitDocument>? Limits { get; init; }

    /// <summary>Limits that its new tokens have each, where they state none of their own.</summary>
    public IReadOnlyList<LimitDocument>? TokenLimits { get; init; }

    /// <summary>Features that all its tokens are granted beyond plain generation, such as <c>web_search</c>; empty for none.</summary>
    public IReadOnlyList<string>? Features { get; init; }
}

/// <summary>A project as it is shown.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Limits">Its limits.</param>
/// <param name="TokenLimits">Limits of its new tokens that state none.</param>
/// <param name="Features">Features that all its tokens are granted.</param>
/// <param name="CreatedAt">When it was made.</param>
public sealed record ProjectDocument(
    string Id, string Name, IReadOnlyList<LimitState> Limits, IReadOnlyList<LimitState> TokenLimits, IReadOnlyList<string> Features, DateTimeOffset CreatedAt)
{
    /// <summary>The document of a row.</summary>
    internal static ProjectDocument Of(ProjectRow row, IReadOnlyList<LimitState>? limits = null) =>
        new(row.Id, row.Name, limits ?? LimitRequests.Describe(row.LimitsJson), LimitRequests.Describe(row.TokenLimitsJson), row.Features, row.CreatedAt);
}

/// <summary>A page of projects.</summary>
/// <param name="Projects">The projects, by name.</param>
/// <param name="NextCursor">What to ask for the next page with; null at the end.</param>
public sealed record ProjectPage(IReadOnlyList<ProjectDocument> Projects, string? NextCursor);

/// <summary>Filters of a list of projects; all of them apply together.</summary>
/// <param name="Limit">Most projects in a page, 1 to 200; 50 when absent.</param>
/// <param name="Cursor">The <c>nextCursor</c> of the page before.</param>
/// <param name="Search">A part of the name or the id; letter case does not matter.</param>
internal sealed record ProjectFilter(int? Limit, string? Cursor, string? Search);
