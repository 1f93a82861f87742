using CredentialProxy.Core.Judging;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace CredentialProxy.Gateway.Authentication;

/// <summary>
/// The places where SDKs put a key: <c>Authorization: Bearer</c> (RFC 6750), <c>x-api-key</c>, <c>x-goog-api-key</c>, <c>api-key</c> and <c>?key=</c>. One
/// token is taken from them; two different ones are refused, since one of the two would decide and the other might be sent on.
/// </summary>
internal static class TokenSlots
{
    private const string BearerScheme = "Bearer ";

    private static readonly Refusal Conflict = new(
        RefusalCode.ConflictingTokens, "The request carries different tokens in different places. Send one token, in the place your SDK uses.")
    { IsFinal = true };

    private static readonly Refusal Missing = new(
        RefusalCode.MissingAuthorization,
        "No token was sent. Put your session token or proxy token where your SDK puts an API key: Authorization: Bearer, x-api-key, x-goog-api-key, api-key or ?key=.")
    { IsFinal = true };

    private static readonly Refusal NotBearer = new(
        RefusalCode.InvalidToken, "The Authorization header must have the form 'Bearer <token>'.")
    { IsFinal = true };

    /// <summary>Takes the token out of a request; it points into the header's own string, so nothing is copied.</summary>
    public static Refusal? Take(IHeaderDictionary headers, string query, out ReadOnlyMemory<char> token)
    {
        token = default;
        var isConflict = !TryAddBearer(ref token, headers.Authorization, out var isForeignScheme);
        isConflict |= !TryAdd(ref token, headers["x-api-key"]);
        isConflict |= !TryAdd(ref token, headers["x-goog-api-key"]);
        isConflict |= !TryAdd(ref token, headers["api-key"]);
        if (query.Length > 1)
        {
            isConflict |= !TryAddQueryKeys(ref token, query);
        }
        if (isConflict || (isForeignScheme && !token.IsEmpty))
        {
            return Conflict;
        }
        if (!token.IsEmpty)
        {
            return null;
        }
        return isForeignScheme ? NotBearer : Missing;
    }

    private static bool TryAddBearer(ref ReadOnlyMemory<char> token, StringValues values, out bool isForeignScheme)
    {
        isForeignScheme = false;
        foreach (var value in values)
        {
            if (value is null || !value.StartsWith(BearerScheme, StringComparison.OrdinalIgnoreCase))
            {
                isForeignScheme |= !string.IsNullOrWhiteSpace(value) && !value.AsSpan().Trim().Equals("Bearer", StringComparison.OrdinalIgnoreCase);
            }
            else if (!TryAdd(ref token, value.AsMemory(BearerScheme.Length).Trim()))
            {
                return false;
            }
        }
        return true;
    }

    private static bool TryAdd(ref ReadOnlyMemory<char> token, StringValues values)
    {
        foreach (var value in values)
        {
            if (!TryAdd(ref token, value.AsMemory()))
            {
                return false;
            }
        }
        return true;
    }

    private static bool TryAddQueryKeys(ref ReadOnlyMemory<char> token, string query)
    {
        foreach (var pair in new QueryStringEnumerable(query))
        {
            if (QuerySlot.Is(pair) && !TryAdd(ref token, pair.DecodeValue()))
            {
                return false;
            }
        }
        return true;
    }

    // False when a second, different token turns up.
    private static bool TryAdd(ref ReadOnlyMemory<char> token, ReadOnlyMemory<char> value)
    {
        if (value.IsEmpty)
        {
            return true;
        }
        if (!token.IsEmpty && !token.Span.SequenceEqual(value.Span))
        {
            return false;
        }
        token = value;
        return true;
    }
}
