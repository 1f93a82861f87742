using CredentialProxy.Gateway.Reserving;
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

    // The names are spelled out: Access-Control-Expose-Headers knows no prefixes.
    private static readonly string Exposed = string.Join(
        ", ",
        [
            "x-goog-upload-url", "x-goog-upload-status", "x-goog-upload-chunk-granularity", "x-goog-upload-control-url", "x-goog-upload-size-received",
            "retry-after", "x-request-id", "request-id",
            "x-ratelimit-limit-requests", "x-ratelimit-limit-tokens", "x-ratelimit-remaining-requests", "x-ratelimit-remaining-tokens",
            "x-ratelimit-reset-requests", "x-ratelimit-reset-tokens",
            "x-credential-proxy-request-id", "x-credential-proxy-error", .. RemainingHeaders.Names,
        ]);

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

    /// <summary>Lets the page of the origin read the answer, unless the token does not allow the origin.</summary>
    public void Reflect(IHeaderDictionary headers, string origin, bool isAllowedByToken)
    {
        if (isAllowedByToken && Allows(origin))
        {
            headers.AccessControlAllowOrigin = origin;
            headers.AccessControlExposeHeaders = Exposed;
        }
        headers.Append(HeaderNames.Vary, "Origin");
    }
}
