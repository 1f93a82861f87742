using System.Collections.Frozen;
using System.Collections.Immutable;

namespace CredentialProxy.Gateway.Swapping;

/// <summary>
/// The headers that pass, by name or by prefix. A list of what may pass, not of what may not: a slot, a cookie, a forwarding or hop-by-hop header
/// that nobody thought of stays behind.
/// </summary>
internal sealed class HeaderPolicy
{
    private static readonly string[] RequestHeaders =
    [
        "accept", "accept-language", "content-type", "user-agent", "idempotency-key", "x-client-request-id", "x-stainless-*",
        "range", "if-none-match", "if-modified-since",
    ];

    private static readonly string[] ResponseHeaders =
    [
        "content-type", "content-disposition", "content-language", "content-range", "accept-ranges", "cache-control", "etag",
        "last-modified", "vary", "date", "trailer", "retry-after", "retry-after-ms", "x-should-retry", "request-id", "x-request-id", "x-ratelimit-*", "ratelimit-*", "cf-ray",
        "content-digest", "digest", "server-timing",
    ];

    // Ask for a part of an answer, or for none: of one that is metered that could be the part without its figures.
    private static readonly FrozenSet<string> ForReadsAlone = FrozenSet.ToFrozenSet(["range", "if-range", "if-none-match", "if-modified-since"], StringComparer.OrdinalIgnoreCase);

    // Never passed, whatever a setting says: slots, cookies, organisation headers, what is between two hops only (RFC 9110 §7.6.1), and a client's trace context: a provider that is told of one
    // is told of ours.
    private static readonly FrozenSet<string> Forbidden = FrozenSet.ToFrozenSet(
        [
            "authorization", "x-api-key", "x-goog-api-key", "api-key", "cookie", "set-cookie", "proxy-authorization", "proxy-authenticate", "www-authenticate",
            "openai-organization", "openai-project", "anthropic-organization-id", "connection", "keep-alive", "transfer-encoding", "te", "upgrade", "host", "proxy-connection",
            "forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via", "traceparent", "tracestate", "baggage",
        ],
        StringComparer.OrdinalIgnoreCase);

    // Nor these from a provider: what sends a client elsewhere (see Redirects), and how the body is coded and how long it is, which the gateway says itself.
    private static readonly FrozenSet<string> ForbiddenInAnswers = Forbidden.Concat(["location", "refresh", "content-length", "content-encoding"]).ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private readonly FrozenSet<string> _names;
    private readonly ImmutableArray<string> _prefixes;
    private readonly FrozenSet<string> _forbidden;

    private HeaderPolicy(IEnumerable<string> patterns, FrozenSet<string> forbidden)
    {
        _forbidden = forbidden;
        var all = patterns.ToArray();
        _names = all.Where(pattern => !pattern.EndsWith('*') && !forbidden.Contains(pattern)).ToFrozenSet(StringComparer.OrdinalIgnoreCase);
        _prefixes = [.. all.Where(pattern => pattern.EndsWith('*')).Select(pattern => pattern[..^1])];
    }

    /// <summary>What passes to a provider.</summary>
    public static HeaderPolicy ForRequests(IEnumerable<string> further) => new(RequestHeaders.Concat(further), Forbidden);

    /// <summary>What passes from a provider.</summary>
    public static HeaderPolicy ForResponses(IEnumerable<string> further) => new(ResponseHeaders.Concat(further), ForbiddenInAnswers);

    /// <summary>Whether a header says something to a request that reads what is there, and to no other.</summary>
    public static bool IsForReadsAlone(string name) => ForReadsAlone.Contains(name);

    /// <summary>Whether a header passes.</summary>
    public bool Allows(string name)
    {
        if (_names.Contains(name))
        {
            return true;
        }
        foreach (var prefix in _prefixes)
        {
            if (name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            {
                return !_forbidden.Contains(name);
            }
        }
        return false;
    }
}
