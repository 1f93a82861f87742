using System.Text;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Routing;
using CredentialProxy.Gateway.Authentication;
using CredentialProxy.Gateway.Forwarding;
using Yarp.ReverseProxy.Forwarder;

namespace CredentialProxy.Fuzzing.Targets;

/// <summary>
/// Request targets, from the raw line to the upstream's address. Whatever the path is: nothing throws; what a target is parsed into parses into itself; every address, whether ours or as YARP would
/// assemble it from the same parts, has the provider's scheme, host and port, no user, no fragment, and the base URL's path followed by the very path that was matched; the endpoint is the one
/// that stands at that path.
/// Settings: method, whether <c>anthropic-version</c> is sent, base URLs, the token's own provider.
/// </summary>
internal sealed class RoutingTarget : FuzzTarget
{
    private static readonly string[] Methods = ["GET", "POST", "DELETE", "PUT", "PATCH", "HEAD"];
    private static readonly string?[] OwnProviders = [null, "openai", "anthropic", "gemini", "openrouter", "acme", "nobody"];

    private static readonly (Router Router, UpstreamAddresses Addresses, ProviderCatalog Catalog)[] Installations = [.. new[]
    {
        new Dictionary<string, ProviderOptions>(),
        new Dictionary<string, ProviderOptions>
        {
            ["openai"] = new() { BaseUrl = "http://10.0.0.7:8000/a/base" },
            ["gemini"] = new() { BaseUrl = "https://[2001:db8::1]:8443" },
            ["acme"] = new() { BaseUrl = "https://llm.example.com/x", Endpoints = ["POST /v1/things/{id}", "GET /v1/{model}:run", "POST /v1/chat/completions"] },
        },
    }.Select(ProviderCatalogBuilder.Build).Select(catalog => (new Router(catalog), new UpstreamAddresses(catalog), catalog))];

    /// <inheritdoc/>
    public override string Name => "routing";

    /// <inheritdoc/>
    public override IEnumerable<string> Words => Installations[1].Catalog.All.SelectMany(provider => provider.Endpoints.All).SelectMany(endpoint => endpoint.Path.Split('/'))
        .Concat(Installations[1].Catalog.Names).Concat(["//", "/../", "/./", "%2f", "%2e", "%5c", "@", "\\", "%25", "%00", "..", ";", "http://", "evil.example", "?key=", "#", "%c0%af", "::", "%3a"])
        .Distinct();

    /// <inheritdoc/>
    public override void Run(ReadOnlySpan<byte> input)
    {
        var fuzz = new FuzzInput(input);
        var method = fuzz.Pick<string>(0, Methods);
        var (router, addresses, _) = fuzz.Pick<(Router, UpstreamAddresses, ProviderCatalog)>(2, Installations);
        var raw = Encoding.UTF8.GetString(fuzz.Bytes);
        if (!RequestTarget.TryParse(raw, out var target))
        {
            return;
        }
        Property.Same(raw.Split('?')[0].Split('/', '.').Length, target.Path.Split('/', '.').Length, "No escape becomes a slash or a dot.");
        CheckTarget(target);
        var route = router.Find(method, target.Path, fuzz.Setting(1) % 2 == 1);
        Check(route, method, target, addresses);
        var grant = new Grant { TokenId = "t", Kind = TokenKind.Proxy, Scope = Scope.Unbounded, DefaultProvider = fuzz.Pick<string?>(3, OwnProviders) };
        Check(router.Refine(route, method, target.Path, grant), method, target, addresses);
    }

    private static void CheckTarget(in RequestTarget target)
    {
        Property.Holds(RequestTarget.TryParse(target.Path + target.Query, out var again), "What has been parsed can be parsed again.");
        Property.Same(target, again, "Parsing again changes nothing.");
        Property.Holds(target.Path[0] == '/' && !target.Path.Contains("//", StringComparison.Ordinal), "A path has no empty segment.");
        Property.Holds(!target.Path.Split('/').Any(segment => segment is "." or ".."), "A path has no dot segment.");
        Property.Holds(!target.Path.AsSpan().ContainsAny("%\\?#;"), "A path has nothing in it that can be read in two ways.");
        Property.Holds(!target.Query.Contains('#', StringComparison.Ordinal), "A query has no fragment.");
    }

    private static void Check(in Route route, string method, in RequestTarget target, UpstreamAddresses addresses)
    {
        var isAtPath = route.Provider.Endpoints.TryMatch(method, route.Path, out var match);
        Property.Same(isAtPath ? match.Endpoint : null, route.Endpoint, "The endpoint is that of the path that is sent.");
        Property.Same(route.Provider.SurfaceOf(route.Path), route.Surface, "The surface is that of the path that is sent.");
        var version = route.Provider.VersionPrefix;
        var own = route.Path.StartsWith(version, StringComparison.Ordinal) && !target.Path.EndsWith(route.Path, StringComparison.Ordinal) ? route.Path[version.Length..] : route.Path;
        Property.Holds(own.Length > 0 && own[0] == '/' && target.Path.EndsWith(own, StringComparison.Ordinal), "The path that is sent is the client's from some segment on, a version at most put in front.");
        var query = QuerySlot.Remove(target.Query, null);
        Check(addresses.Of(route, query), route, query);
        Check(RequestUtilities.MakeDestinationAddress(route.Provider.BaseUrl.AbsoluteUri, new(route.Path), new(query)), route, query);
    }

    private static void Check(Uri address, in Route route, string query)
    {
        var origin = route.Provider.BaseUrl;
        Property.Same((origin.Scheme, origin.Host, origin.Port), (address.Scheme, address.Host, address.Port), "The origin is the provider's.");
        Property.Same("", address.UserInfo + address.Fragment, "There is no user and no fragment.");
        Property.Same(origin.AbsolutePath.TrimEnd('/') + route.Path, address.AbsolutePath, "The path is the base URL's and the very one that was matched.");
        Property.Same(query.Length > 1, address.Query.Length > 1, "The query is there where there was one.");
    }
}
