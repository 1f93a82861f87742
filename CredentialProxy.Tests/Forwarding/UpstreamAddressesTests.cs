using System.Text.RegularExpressions;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Routing;
using CredentialProxy.Gateway.Authentication;
using CredentialProxy.Gateway.Forwarding;
using FsCheck;
using FsCheck.Fluent;

namespace CredentialProxy.Tests.Forwarding;

/// <summary>Whatever a client asks for, the address that is made of it begins with what is configured, and goes on with the path that was matched.</summary>
[Trait("threat", "reach-1")]
[Trait("threat", "reach-3")]
[Trait("threat", "reach-6")]
[Trait("threat", "fault-1")]
public sealed partial class UpstreamAddressesTests
{
    private static readonly string[] BaseUrls =
    [
        "https://api.openai.com", "https://openrouter.ai/api", "http://127.0.0.1:8082", "http://[::1]:8082/base", "https://[2001:db8::1]", "https://b\u00fccher.example:8443/a/b/", "http://xn--bcher-kva.example", "http://host.:80/", "https://UPPER.example/Case",
        "http://a-very.long-name.example:65535/v1/with.dots/and_more~x",
    ];

    private static readonly string[] Methods = ["GET", "POST", "GET", "POST", "POST", "get", "CONNECT"];

    private static readonly Gen<string> Piece = Gen.OneOf(
        Gen.Elements("/", "//", "\\", "..", ".", "%2e", "%2E", "%252e", "%2f", "%2F", "%5c", "%00", "%0d%0a", "%c0%ae", "%", ";", ";a=b", "@", ":", "://", "http://", "#", "?", "&", "=", "[", "]", "\t", "\r\n", " ", "\u0000", "\u00ad", "\u3002", "\uff0f", "\u2215"),
        Gen.Elements("evil.example", "127.0.0.1", "[::1]", "user:pass@evil.example", "8080", "api.openai.com", "xn--", "key=x"),
        Gen.Elements("openai", "anthropic", "openrouter", "gemini", "acme0", "acme3", "acme5", "api", "v1", "v1beta", "chat", "completions", "models", "gpt-4o", "gemini-2.5-pro:generateContent", "organization", "things"),
        Gen.Elements("/openai/v1/chat/completions", "/v1/messages", "/acme1/things", "/acme5/things", "/acme9/things/x", "/v1beta/models/gemini-2.5-pro:generateContent", "/gemini/v1beta/models/a%40b:generateContent"),
        ArbMap.Default.GeneratorFor<NonNull<string>>().Select(text => text.Get));

    private static readonly ProviderCatalog Catalog = ProviderCatalogBuilder.Build(
        BaseUrls.Index().ToDictionary(item => $"acme{item.Index}", item => new ProviderOptions { BaseUrl = item.Item, Endpoints = ["POST /things", "GET /things/{id}", "POST /things/{model}:run"] }));

    private static readonly Router Router = new(Catalog);

    private static readonly UpstreamAddresses Addresses = new(Catalog);

    private int _found;

    [Fact]
    public void The_address_never_leaves_its_origin_and_its_path_is_the_one_that_was_matched()
    {
        var targets = Gen.OneOf(Piece.NonEmptyListOf().Select(string.Concat), Piece.NonEmptyListOf().Select(pieces => "/" + string.Concat(pieces)), AlmostGood());
        var requests = from target in targets from method in Gen.Elements(Methods) from version in ArbMap.Default.GeneratorFor<bool>() select (target, method, version);
        var property = Prop.ForAll(requests.ToArbitrary(), request => Holds(request.target, request.method, request.version));
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(20_000), property);
        // Most targets are refused, as they should be; were all of them, this would prove nothing.
        Assert.True(_found > 500, $"Only {_found} of the targets found an endpoint.");
    }

    [Fact]
    public void Every_endpoint_of_every_base_URL_has_its_address()
    {
        foreach (var provider in Catalog.All)
        {
            foreach (var endpoint in provider.Endpoints.All)
            {
                var target = $"/{provider.Name}{Placeholder().Replace(endpoint.Path, "x")}?q=1";
                Assert.True(RequestTarget.TryParse(target, out var parsed));
                Assert.NotNull(Router.Find(endpoint.Method, parsed.Path, namesAnthropicVersion: false).Endpoint);
                Assert.True(Holds(target, endpoint.Method, namesVersion: false), target);
            }
        }
    }

    // A target that is good, with or without something hostile somewhere in it.
    private static Gen<string> AlmostGood()
    {
        var good = Catalog.All.SelectMany(provider => provider.Endpoints.All.Select(endpoint => $"/{provider.Name}{endpoint.Path}"))
            .Select(path => path.Replace("{id}", "gpt-4o", StringComparison.Ordinal).Replace("{model}", "a:b@c", StringComparison.Ordinal)).ToArray();
        return from path in Gen.Elements(good) from piece in Piece from place in Gen.Choose(0, 3 * 40) select path.Insert(Math.Min(place, path.Length), place < 2 * 40 ? piece : "");
    }

    private bool Holds(string raw, string method, bool namesVersion)
    {
        if (!RequestTarget.TryParse(raw, out var target))
        {
            return true;
        }
        var route = Router.Find(method, target.Path, namesVersion);
        if (route.Endpoint is null)
        {
            return true;
        }
        _found++;
        var query = QuerySlot.Remove(target.Query, null);
        var address = Addresses.Of(route, query);
        var origin = route.Provider.BaseUrl;
        var path = origin.AbsolutePath.TrimEnd('/') + route.Path;
        return (address.Scheme, address.Host, address.Port, address.UserInfo, address.Fragment) == (origin.Scheme, origin.Host, origin.Port, "", "")
            && address.AbsolutePath == path
            && address.OriginalString == origin.GetLeftPart(UriPartial.Authority) + path + query
            && target.Path.EndsWith(route.Path[(route.Path.StartsWith(route.Provider.VersionPrefix, StringComparison.Ordinal) && !target.Path.EndsWith(route.Path, StringComparison.Ordinal) ? route.Provider.VersionPrefix.Length : 0)..], StringComparison.Ordinal)
            && route.Provider.Endpoints.TryMatch(method, route.Path, out var match) && match.Endpoint == route.Endpoint && route.Endpoint.Method == method
            && Uri.UnescapeDataString(path) == path && !path.Contains("//", StringComparison.Ordinal) && !path.Split('/').Any(segment => segment is "." or "..");
    }

    [GeneratedRegex(@"\{[^}]+\}")]
    private static partial Regex Placeholder();
}
