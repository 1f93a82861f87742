using System.Text.Json.Serialization;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Storage;

namespace CredentialProxy.Admin.Api.Tokens;

/// <summary>A token to be made, or what is to be changed of one; what is absent stays as it is or has its default.</summary>
public sealed record TokenRequest
{
    /// <summary><c>session</c> (a JWT) or <c>proxy</c> (opaque). Required when a token is made.</summary>
    public string? Kind { get; init; }

    /// <summary>What to call it, at most 200 characters.</summary>
    public string? Label { get; init; }

    /// <summary>Id or name of its project.</summary>
    public string? Project { get; init; }

    /// <summary>Names of the providers it may use; empty for all.</summary>
    public IReadOnlyList<string>? Providers { get; init; }

    /// <summary>Models it may use, <c>*</c> standing for anything; empty for all.</summary>
    public IReadOnlyList<string>? Models { get; init; }

    /// <summary>Endpoints it may call, such as <c>POST /v1/chat/completions</c>; empty for all that are served.</summary>
    public IReadOnlyList<string>? Endpoints { get; init; }

    /// <summary>Features it is granted beyond plain generation, such as <c>web_search</c> or <c>files</c>; empty for none.</summary>
    public IReadOnlyList<string>? Features { get; init; }

    /// <summary>Its limits.</summary>
    public IReadOnlyList<LimitDocument>? Limits { get; init; }

    /// <summary>When it ends, ISO 8601 with an offset; <c>never</c> for not at all (proxy tokens only).</summary>
    public string? ExpiresAt { get; init; }

    /// <summary>Its lifetime in seconds, in place of <see cref="ExpiresAt"/>.</summary>
    public long? TtlSeconds { get; init; }

    /// <summary>Networks its requests must come from, such as <c>10.0.0.0/8</c>; empty for any.</summary>
    public IReadOnlyList<string>? Cidrs { get; init; }

    /// <summary>Browser origins that may use it, such as <c>https://app.example.com</c>; empty for any.</summary>
    public IReadOnlyList<string>? Origins { get; init; }

    /// <summary>Id of the credential it must use; none for any.</summary>
    public string? Credential { get; init; }

    /// <summary>A proxy token of your own choice, at least 12 characters; generated when absent.</summary>
    public string? Token { get; init; }

    /// <summary><c>active</c> or <c>disabled</c>; when a token is changed.</summary>
    public string? Status { get; init; }
}

/// <summary>A limit and what has been used of it.</summary>
public sealed record LimitState
{
    /// <summary>The unit.</summary>
    public required string Unit { get; init; }

    /// <summary>The most.</summary>
    public required decimal Limit { get; init; }

    /// <summary>The window.</summary>
    public required string Window { get; init; }

    /// <summary>Spent in the present window.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? Spent { get; init; }

    /// <summary>Held by open requests, or kept at hand by a gateway for the next ones.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? Reserved { get; init; }

    /// <summary>Not spent.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? Remaining { get; init; }
}

/// <summary>A token as it is shown.</summary>
public sealed record TokenDocument
{
    /// <summary>Its id; the <c>jti</c> of a session token.</summary>
    public required string Id { get; init; }

    /// <summary>The token itself: only in the answer that makes it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Token { get; init; }

    /// <summary><c>session</c> or <c>proxy</c>.</summary>
    public required string Kind { get; init; }

    /// <summary><c>active</c>, <c>disabled</c>, <c>revoked</c> or <c>expired</c>.</summary>
    public required string Status { get; init; }

    /// <summary>What it is called.</summary>
    public required string Label { get; init; }

    /// <summary>Its last four characters.</summary>
    public required string LastFour { get; init; }

    /// <summary>Its project's id.</summary>
    public string? Project { get; init; }

    /// <summary>The credential it must use.</summary>
    public string? Credential { get; init; }

    /// <summary>Providers.</summary>
    public required IReadOnlyList<string> Providers { get; init; }

    /// <summary>Models.</summary>
    public required IReadOnlyList<string> Models { get; init; }

    /// <summary>Endpoints.</summary>
    public required IReadOnlyList<string> Endpoints { get; init; }

    /// <summary>Features of its own; those of its project hold too.</summary>
    public required IReadOnlyList<string> Features { get; init; }

    /// <summary>Limits.</summary>
    public required IReadOnlyList<LimitState> Limits { get; init; }

    /// <summary>Networks.</summary>
    public required IReadOnlyList<string> Cidrs { get; init; }

    /// <summary>Browser origins.</summary>
    public required IReadOnlyList<string> Origins { get; init; }

    /// <summary>Who made it: an admin key's id, or <c>jwt:</c> and an admin JWT's subject; null where that was not noted.</summary>
    public string? MintedBy { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it ends; null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When it was last used, to the minute.</summary>
    public DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>The document of a row, without the token.</summary>
    internal static TokenDocument Of(TokenRow row, IReadOnlyList<LimitState> limits, DateTimeOffset now) => new()
    {
        Id = row.Id,
        Kind = row.Kind,
        Status = row.RevokedAt is not null ? "revoked" : row.ExpiresAt <= now ? "expired" : row.IsDisabled ? "disabled" : "active",
        Label = row.Label,
        LastFour = row.LastFour,
        Project = row.ProjectId,
        Credential = row.CredentialId,
        Providers = row.Providers,
        Models = row.Models,
        Endpoints = row.Endpoints,
        Features = row.Features,
        Limits = limits,
        Cidrs = row.Cidrs,
        Origins = row.Origins,
        MintedBy = row.MintedBy,
        CreatedAt = row.CreatedAt,
        ExpiresAt = row.ExpiresAt,
        LastUsedAt = row.LastUsedAt,
    };
}

/// <summary>A page of tokens.</summary>
/// <param name="Tokens">The tokens, newest first.</param>
/// <param name="NextCursor">What to ask for the next page with; null at the end.</param>
public sealed record TokenPage(IReadOnlyList<TokenDocument> Tokens, string? NextCursor);

/// <summary>A token that was revoked.</summary>
/// <param name="Id">Its id, or the <c>jti</c> of one minted elsewhere.</param>
/// <param name="Status"><c>revoked</c>.</param>
/// <param name="RevokedAt">When.</param>
public sealed record RevokedToken(string Id, string Status, DateTimeOffset RevokedAt);
