using System.Text.Json.Serialization;
using CredentialProxy.Admin.Authorizing;
using CredentialProxy.Core.Storage;

namespace CredentialProxy.Admin.Api.Keys;

/// <summary>A key of the control plane to be made.</summary>
public sealed record AdminKeyRequest
{
    /// <summary>What to call it, at most 200 characters.</summary>
    public string? Label { get; init; }

    /// <summary><c>admin</c>, <c>minter</c> or <c>viewer</c>.</summary>
    public string? Role { get; init; }

    /// <summary>What the tokens of a minter may reach at most. Required for the role <c>minter</c>, and for no other.</summary>
    public Ceilings? Ceilings { get; init; }

    /// <summary>When it ends, ISO 8601 with an offset; absent for never.</summary>
    public string? ExpiresAt { get; init; }
}

/// <summary>A key of the control plane as it is shown.</summary>
public sealed record AdminKeyDocument
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>The key itself: only in the answer that makes it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Key { get; init; }

    /// <summary>What it is called.</summary>
    public required string Label { get; init; }

    /// <summary>Its role.</summary>
    public required string Role { get; init; }

    /// <summary><c>active</c>, <c>revoked</c> or <c>expired</c>.</summary>
    public required string Status { get; init; }

    /// <summary>What the tokens of a minter may reach at most.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Ceilings? Ceilings { get; init; }

    /// <summary>Its last four characters.</summary>
    public required string LastFour { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it ends; null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When it was revoked; null while it is not.</summary>
    public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>The document of a row, without the key.</summary>
    internal static AdminKeyDocument Of(AdminKeyRow row, DateTimeOffset now) => new()
    {
        Id = row.Id,
        Label = row.Label,
        Role = row.Role,
        Status = row.RevokedAt is not null ? "revoked" : row.ExpiresAt <= now ? "expired" : "active",
        Ceilings = Ceilings.Read(row.CeilingsJson),
        LastFour = row.LastFour,
        CreatedAt = row.CreatedAt,
        ExpiresAt = row.ExpiresAt,
        RevokedAt = row.RevokedAt,
    };
}

/// <summary>A page of keys of the control plane.</summary>
/// <param name="Keys">The keys, newest first. The one that is set or made at the start is not among them.</param>
/// <param name="NextCursor">What to ask for the next page with; null at the end.</param>
public sealed record AdminKeyPage(IReadOnlyList<AdminKeyDocument> Keys, string? NextCursor);

/// <summary>Filters of a list of keys; all of them apply together.</summary>
/// <param name="Limit">Most keys in a page, 1 to 200; 50 when absent.</param>
/// <param name="Cursor">The <c>nextCursor</c> of the page before.</param>
/// <param name="Role"><c>admin</c>, <c>minter</c> or <c>viewer</c>.</param>
/// <param name="Search">A part of the label or the id; letter case does not matter.</param>
internal sealed record AdminKeyFilter(int? Limit, string? Cursor, string? Role, string? Search);
