using System.Collections.Frozen;
using System.Text;
using CredentialProxy.Gateway.Reserving;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace CredentialProxy.Gateway.Cors;

/// <summary>
/// Lets pages in browsers call the gateway (Fetch standard, https://fetch.spec.whatwg.org/#http-cors-protocol). A preflight carries no token, so it is
/// answered before any is asked for; whether the page's origin may use the token is decided with the request itself.
/// </summary>
internal sealed class CorsPolicy(GatewayOptions options)
{
    private const string AllowedMethods = "GET, POST, PUT, PATCH, DELETE, OPTIONS";
    private const string MaxAgeSeconds = "86400";

    private static readonly string[] Families = ["x-ratelimit-", "ratelimit-", "anthropic-ratelimit-", "x-goog-upload-"];

    // The names are spelled out: Access-Control-Expose-Headers knows no prefixes.
    private static readonly string[] Names =
    [
        "x-goog-upload-url", "x-goog-upload-status", "x-goog-upload-chunk-granularity", "x-goog-upload-control-url", "x-goog-upload-size-received",
        "retry-after", "retry-after-ms", "x-should-retry", "x-request-id", "request-id",
        "x-ratelimit-limit-requests", "x-ratelimit-limit-tokens", "x-ratelimit-remaining-requests", "x-ratelimit-remaining-tokens",
        "x-ratelimit-reset-requests", "x-ratelimit-reset-tokens",
        "x-credential-proxy-request-id", "x-credential-proxy-error", .. RemainingHeaders.Names,
    ];

    private static readonly FrozenSet<string> Always = Names.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly string Exposed = string.Join(", ", Names);

    /// <summary>Answers a preflight; false when the request is none.</summary>
    public bool TryAnswerPreflight(HttpContext context)
    {
        var request = context.Request;
        if (!HttpMethods.IsOptions(request.Method) || !request.Headers.ContainsKey(HeaderNames.AccessControlRequestMethod))
        {
            return false;
        }
        var headers = context.Response.Headers;
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        headers.Vary = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";
        if (request.Headers.Origin is [{ Length: > 0 } origin] && Allows(origin))
        {
            headers.AccessControlAllowOrigin = origin;
            headers.AccessControlAllowMethods = AllowedMethods;
            headers.AccessControlMaxAge = MaxAgeSeconds;
            var asked = request.Headers.AccessControlRequestHeaders;
            headers.AccessControlAllowHeaders = asked.Count == 0 ? "authorization, content-type" : asked;
            if (request.Headers.ContainsKey("Access-Control-Request-Private-Network"))
            {
                headers["Access-Control-Allow-Private-Network"] = "true";
            }
        }
        return true;
    }

    /// <summary>Whether the installation allows pages of an origin at all.</summary>
    public bool Allows(string origin) => options.Origins.Count == 0 || options.Origins.Contains(origin, StringComparer.OrdinalIgnoreCase);

    /// <summary>Lets the page that asked read the answer, unless its token does not allow the page's origin.</summary>
    /// <param name="headers">The answer's headers, all of those that it will have of a provider among them.</param>
    /// <param name="origins">The request's origin; none where no page asked.</param>
    /// <param name="isAllowedByToken">Whether the token may be used from there.</param>
    public void Reflect(IHeaderDictionary headers, StringValues origins, bool isAllowedByToken)
    {
        if (isAllowedByToken && origins is [{ Length: > 0 } origin] && Allows(origin))
        {
            headers.AccessControlAllowOrigin = origin;
            headers.AccessControlExposeHeaders = ExposedOf(headers);
        }
        // To a request without an origin too: what a cache keeps of it would keep a page from reading it.
        headers.Append(HeaderNames.Vary, "Origin");
    }

    // Providers have limits that no list of ours knows: of these families whatever the answer at hand has can be read.
    private static string ExposedOf(IHeaderDictionary headers)
    {
        StringBuilder? further = null;
        foreach (var (name, _) in headers)
        {
            if (IsOfAFamily(name) && !Always.Contains(name))
            {
                (further ??= new StringBuilder(Exposed)).Append(", ").Append(name);
            }
        }
        return further?.ToString() ?? Exposed;
    }

    private static bool IsOfAFamily(string name)
    {
        foreach (var prefix in Families)
        {
            if (name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }
        return false;
    }
}
