using System.Text;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Routing;
using CredentialProxy.Gateway.Forwarding;

namespace CredentialProxy.Fuzzing.Targets;

/// <summary>
/// Where an upstream's <c>Location</c> leads. Whatever it says: nothing throws; the client is told nothing, or a path that the gateway takes, that leads back to the same provider and to an address of it, and that has no
/// token's slot in its query.
/// Settings: provider.
/// </summary>
internal sealed class RedirectTarget : FuzzTarget
{
    private static readonly ProviderCatalog Catalog = ProviderCatalogBuilder.Build(new Dictionary<string, ProviderOptions> { ["gemini"] = new() { BaseUrl = "http://10.0.0.7:8000/a/base" } });
    private static readonly Router Router = new(Catalog);
    private static readonly UpstreamAddresses Addresses = new(Catalog);
    private static readonly string[] Providers = [KnownProviders.OpenAI, KnownProviders.OpenRouter, KnownProviders.Gemini];

    /// <inheritdoc/>
    public override string Name => "redirects";

    /// <inheritdoc/>
    public override IEnumerable<string> Words => ["https://api.openai.com", "https://openrouter.ai/api", "http://10.0.0.7:8000/a/base", ":443", ":80", "//", "\\\\", "@", "../", "%2e%2e/", "%2f", "?key=", "&key=", "#", "javascript:", "/v1/files/file-1", "\r\n", "\t"];

    /// <inheritdoc/>
    public override void Run(ReadOnlySpan<byte> input)
    {
        var fuzz = new FuzzInput(input);
        var provider = Catalog.Find(fuzz.Pick<string>(0, Providers))!;
        var asked = new Uri(provider.BaseUrl.AbsoluteUri.TrimEnd('/') + "/v1/files?limit=1");
        if (Redirects.Rewrite(provider, asked, Encoding.UTF8.GetString(fuzz.Bytes)) is not { } location)
        {
            return;
        }
        Property.Holds(RequestTarget.TryParse(location, out var target), "The gateway takes the path that it tells.");
        var route = Router.Find("GET", target.Path, namesAnthropicVersion: false);
        Property.Same(provider.Name, route.Provider.Name, "The path leads back to the same provider.");
        var address = Addresses.Of(route, target.Query);
        Property.Same((asked.Scheme, asked.Host, asked.Port), (address.Scheme, address.Host, address.Port), "The origin is the provider's.");
        Property.Holds(!target.Query[Math.Min(1, target.Query.Length)..].Split('&').Any(pair => Uri.UnescapeDataString(pair.Split('=')[0].Replace('+', ' ')).Equals("key", StringComparison.OrdinalIgnoreCase)), "No slot is in the query.");
    }
}
