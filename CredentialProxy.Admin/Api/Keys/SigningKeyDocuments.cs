using System.Text.Json;
using System.Text.Json.Serialization;
using CredentialProxy.Core.Storage;

namespace CredentialProxy.Admin.Api.Keys;

/// <summary>A signing key to be made, which follows upon the one that signs.</summary>
public sealed record SigningKeyRequest
{
    /// <summary><c>ES256</c> when absent, <c>RS256</c> or <c>HS256</c>.</summary>
    public string? Algorithm { get; init; }

    /// <summary>From when on it signs, ISO 8601 with an offset; not before any other key does. Absent for five minutes from now, by when whoever keeps a copy of <c>/.well-known/jwks.json</c> has asked for it anew.</summary>
    public string? ActivatesAt { get; init; }
}

/// <summary>A signing key as it is shown: never what signs.</summary>
public sealed record SigningKeyDocument
{
    /// <summary>Its id, the <c>kid</c> of tokens that it signs.</summary>
    public required string Id { get; init; }

    /// <summary><c>ES256</c>, <c>RS256</c> or <c>HS256</c>.</summary>
    public required string Algorithm { get; init; }

    /// <summary><c>published</c>: it is known and will sign; <c>signing</c>; <c>proving</c>: another signs, and what it signed is good until it expires; <c>retired</c>: it proves nothing.</summary>
    public required string Status { get; init; }

    /// <summary>What proves, a JSON Web Key (RFC 7517). Not of HS256, where it could sign as well.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonElement? PublicKey { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>From when on it signs.</summary>
    public required DateTimeOffset ActivatesAt { get; init; }

    /// <summary>When the last token that it signed has expired, so that it is retired; null while no other key comes after it.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When it was retired; null while it is in use.</summary>
    public DateTimeOffset? RetiredAt { get; init; }

    /// <summary>The document of a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="signing">Id of the key that signs.</param>
    /// <param name="now">The time.</param>
    internal static SigningKeyDocument Of(SigningKeyRow row, string? signing, DateTimeOffset now) => new()
    {
        Id = row.Id,
        Algorithm = row.Algorithm,
        Status = row.RetiredAt is not null ? "retired" : row.ActivatesAt > now ? "published" : row.Id == signing ? "signing" : "proving",
        PublicKey = row.PublicKey is { } key ? JsonElement.Parse(key) : null,
        CreatedAt = row.CreatedAt,
        ActivatesAt = row.ActivatesAt,
        ExpiresAt = row.ExpiresAt,
        RetiredAt = row.RetiredAt,
    };
}

/// <summary>A page of signing keys.</summary>
/// <param name="Keys">The keys, newest first.</param>
/// <param name="NextCursor">What to ask for the next page with; null at the end.</param>
public sealed record SigningKeyPage(IReadOnlyList<SigningKeyDocument> Keys, string? NextCursor);
