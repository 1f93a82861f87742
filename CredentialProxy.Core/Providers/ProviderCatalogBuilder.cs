using System.Net;
using System.Text.RegularExpressions;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Objects;
using CredentialProxy.Core.Providers.Tables;

namespace CredentialProxy.Core.Providers;

/// <summary>Makes the catalog out of the known providers and the settings, refusing settings that make no sense with an error that names them.</summary>
public static partial class ProviderCatalogBuilder
{
    private static readonly string[] Methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];

    /// <summary>Builds the catalog.</summary>
    /// <param name="settings">Settings by provider name.</param>
    /// <exception cref="InvalidProviderSettingException">A setting is missing or wrong.</exception>
    public static ProviderCatalog Build(IReadOnlyDictionary<string, ProviderOptions> settings)
    {
        var known = KnownProviders.All.ToDictionary(provider => provider.Name);
        var customs = settings.Where(setting => !known.ContainsKey(setting.Key)).Select(setting => Custom(setting.Key, setting.Value));
        var adjusted = known.Values.Select(provider => settings.TryGetValue(provider.Name, out var options) ? Adjust(provider, options) : provider);
        return new ProviderCatalog([.. adjusted, .. customs]);
    }

    private static Provider Adjust(Provider provider, ProviderOptions options) => new()
    {
        Name = provider.Name,
        BaseUrl = options.BaseUrl is null ? provider.BaseUrl : ParseBaseUrl(provider.Name, options.BaseUrl),
        Surfaces = options.Slot is null ? provider.Surfaces : [.. provider.Surfaces.Select(surface => surface with { Slot = ParseSlot(provider.Name, options.Slot) })],
        Endpoints = options.Endpoints.Count == 0 ? provider.Endpoints : new([.. provider.Endpoints.All, .. ParseFurtherEndpoints(provider, options)]),
        Kinds = provider.Kinds,
        VersionPrefix = provider.VersionPrefix,
        RequestHeaders = [.. provider.RequestHeaders, .. options.RequestHeaders],
        ResponseHeaders = [.. provider.ResponseHeaders, .. options.ResponseHeaders],
        SlotFollowsAnthropicVersion = provider.SlotFollowsAnthropicVersion && options.Slot is null,
        AllowsPrivateAddresses = options.AllowPrivateAddresses,
        IsSentTraceContext = options.SendTraceContext,
    };

    private static Provider Custom(string name, ProviderOptions options)
    {
        if (!NamePattern().IsMatch(name))
        {
            throw new InvalidProviderSettingException($"Providers:{name}", "a provider's name is 1 to 32 lower-case letters, digits and '-', beginning with a letter");
        }
        if (options.BaseUrl is null)
        {
            throw new InvalidProviderSettingException($"Providers:{name}:BaseUrl", "a custom provider needs one, for example https://llm.example.com");
        }
        if (options.Endpoints.Count == 0)
        {
            throw new InvalidProviderSettingException($"Providers:{name}:Endpoints", "a custom provider needs at least one, for example 'POST /v1/chat/completions'");
        }
        var dialect = ParseDialect(name, options.Dialect);
        return new Provider
        {
            Name = name,
            BaseUrl = ParseBaseUrl(name, options.BaseUrl),
            Surfaces = [new("/", ParseSlot(name, options.Slot ?? "bearer"), ShapeOf(dialect))],
            Endpoints = new(ParseEndpoints(name, options)),
            Kinds = HomeOf(dialect).Kinds,
            RequestHeaders = [.. options.RequestHeaders],
            ResponseHeaders = [.. options.ResponseHeaders],
            AllowsPrivateAddresses = options.AllowPrivateAddresses,
            IsSentTraceContext = options.SendTraceContext,
        };
    }

    // Whoever speaks a dialect names stored objects in it as its inventor does.
    private static EndpointFile HomeOf(Dialect dialect) => dialect switch
    {
        Dialect.AnthropicMessages => EndpointFile.Anthropic,
        Dialect.GeminiGenerate or Dialect.GeminiEmbed => EndpointFile.Gemini,
        _ => EndpointFile.OpenAI,
    };

    private static MadePaths? MakesOf(Dialect dialect) => dialect == Dialect.None ? null : HomeOf(dialect).Endpoints.First(endpoint => endpoint.Dialect == dialect).Makes;

    private static Uri ParseBaseUrl(string name, string text)
    {
        if (!Uri.TryCreate(text.TrimEnd('/'), UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.Query.Length > 0
            || url.Fragment.Length > 0 || url.UserInfo.Length > 0)
        {
            throw new InvalidProviderSettingException($"Providers:{name}:BaseUrl", "must be an absolute http or https address without user, query or fragment");
        }
        if (IPAddress.TryParse(url.IdnHost, out var address) && AddressReaches.Of(address) == AddressReach.Never)
        {
            throw new InvalidProviderSettingException($"Providers:{name}:BaseUrl", "must not be a link-local, multicast or metadata address");
        }
        return url;
    }

    private static CredentialSlot ParseSlot(string name, string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var slotName = colon < 0 ? "" : text[(colon + 1)..];
        return (colon < 0 ? text : text[..colon], SlotNamePattern().IsMatch(slotName)) switch
        {
            ("bearer", _) when colon < 0 => CredentialSlot.Bearer,
            ("header", true) => CredentialSlot.Header(slotName),
            ("query", true) => CredentialSlot.Query(slotName),
            _ => throw new InvalidProviderSettingException($"Providers:{name}:Slot", "must be 'bearer', 'header:NAME' or 'query:NAME'"),
        };
    }

    private static IEnumerable<Endpoint> ParseEndpoints(string name, ProviderOptions options)
    {
        var dialect = ParseDialect(name, options.Dialect);
        var charging = dialect == Dialect.None ? Charging.Unmetered : Charging.Metered;
        foreach (var text in options.Endpoints)
        {
            var parts = text.Split(' ');
            if (parts.Length != 2 || !Methods.Contains(parts[0]) || !EndpointPathPattern().IsMatch(parts[1]))
            {
                throw new InvalidProviderSettingException($"Providers:{name}:Endpoints", $"'{text}' must be a method ({string.Join(", ", Methods)}), a blank and a path such as /v1/things/{{id}}");
            }
            yield return new Endpoint(parts[1].Trim('/').Replace('/', '.'), parts[0], parts[1], dialect, charging) { Makes = MakesOf(dialect) };
        }
    }

    // A table's entry says who may call it and whose objects it touches: a setting that opened the same path to every token would undo that.
    private static IEnumerable<Endpoint> ParseFurtherEndpoints(Provider provider, ProviderOptions options)
    {
        foreach (var endpoint in ParseEndpoints(provider.Name, options))
        {
            var example = endpoint.Path.Replace("{id}", "x", StringComparison.Ordinal).Replace("{model}", "x", StringComparison.Ordinal);
            if (provider.Endpoints.TryMatch(endpoint.Method, example, out var match))
            {
                var needed = match.Endpoint.Needs == Features.None ? "open to every token" : $"opened to a token by the feature '{FeatureNames.First(match.Endpoint.Needs)}'";
                throw new InvalidProviderSettingException(
                    $"Providers:{provider.Name}:Endpoints", $"'{endpoint.Method} {endpoint.Path}' is {match.Endpoint.Method} {match.Endpoint.Path} of the provider's own table, which is {needed}");
            }
            yield return endpoint;
        }
    }

    private static Dialect ParseDialect(string name, string? text) => text is null
        ? Dialect.None
        : DialectNames.TryParse(text, out var dialect)
            ? dialect
            : throw new InvalidProviderSettingException($"Providers:{name}:Dialect", $"must be one of {string.Join(", ", DialectNames.All)}");

    private static ErrorShape ShapeOf(Dialect dialect) => dialect switch
    {
        Dialect.AnthropicMessages => ErrorShape.Anthropic,
        Dialect.GeminiGenerate or Dialect.GeminiEmbed => ErrorShape.Gemini,
        _ => ErrorShape.OpenAI,
    };

    [GeneratedRegex("^[a-z][a-z0-9-]{0,31}$", RegexOptions.CultureInvariant)]
    private static partial Regex NamePattern();

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9_-]{0,63}$", RegexOptions.CultureInvariant)]
    private static partial Regex SlotNamePattern();

    [GeneratedRegex(@"^(/([A-Za-z0-9._~:@-]+|\{(id|model)\}(:[A-Za-z]+)?))+$", RegexOptions.CultureInvariant)]
    private static partial Regex EndpointPathPattern();
}
