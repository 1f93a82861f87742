using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Providers;

namespace CredentialProxy.Core.Routing;

/// <summary>
/// Finds the provider and endpoint that a path means: by the provider's name in front of it; else by the token's own provider, where that has such an
/// endpoint; else by whose path it is known to be. A version (<c>/v1</c>) that a client left out is put in.
/// </summary>
public sealed class Router(ProviderCatalog catalog)
{
    private readonly Provider _openAI = catalog.Find(KnownProviders.OpenAI)!;
    private readonly Provider _anthropic = catalog.Find(KnownProviders.Anthropic)!;
    private readonly Provider _gemini = catalog.Find(KnownProviders.Gemini)!;
    private readonly Provider _openRouter = catalog.Find(KnownProviders.OpenRouter)!;

    /// <summary>Finds the route as far as the request alone tells.</summary>
    public Route Find(string method, string path, bool namesAnthropicVersion)
    {
        var end = path.IndexOf('/', 1);
        if (end > 0 && catalog.Find(path.AsSpan(1, end - 1)) is { } named)
        {
            return Match(named, method, path[end..], isPrefixed: true);
        }
        if (namesAnthropicVersion && Match(_anthropic, method, path, isPrefixed: false) is { Endpoint: not null } route)
        {
            return route;
        }
        return Match(KnownOwner(path), method, path, isPrefixed: false);
    }

    /// <summary>Finds the route again now that the token is known; only a path without a provider's name can lead elsewhere than before.</summary>
    public Route Refine(in Route route, string method, string path, Grant grant)
    {
        if (route.IsPrefixed)
        {
            return route;
        }
        var own = grant.DefaultProvider ?? (grant.Scope.Providers.Length == 1 ? grant.Scope.Providers[0] : null);
        if (own is null || own == route.Provider.Name || catalog.Find(own) is not { } provider)
        {
            return route;
        }
        var refined = Match(provider, method, path, isPrefixed: false);
        return refined.Endpoint is null ? route : refined;
    }

    private Provider KnownOwner(string path)
    {
        if (path.StartsWith("/v1beta", StringComparison.Ordinal) || path.StartsWith("/v1alpha/", StringComparison.Ordinal) || path.StartsWith("/upload/", StringComparison.Ordinal)
            || (path.StartsWith("/v1/models/", StringComparison.Ordinal) && path.Contains(':', StringComparison.Ordinal)))
        {
            return _gemini;
        }
        if (path.StartsWith("/v1/messages", StringComparison.Ordinal))
        {
            return _anthropic;
        }
        return path.StartsWith("/api/v1/", StringComparison.Ordinal) ? _openRouter : _openAI;
    }

    private Route Match(Provider provider, string method, string path, bool isPrefixed)
    {
        // OpenRouter's public address ends in /api, so its clients may send what follows the host or what follows /api.
        if (provider == _openRouter && path.StartsWith("/api/", StringComparison.Ordinal))
        {
            path = path[4..];
        }
        if (provider.Endpoints.TryMatch(method, path, out var match))
        {
            return Found(provider, path, match, isPrefixed);
        }
        if (provider.VersionPrefix.Length > 0)
        {
            var versioned = provider.VersionPrefix + path;
            if (provider.Endpoints.TryMatch(method, versioned, out match))
            {
                return Found(provider, versioned, match, isPrefixed);
            }
        }
        return new Route(provider, provider.SurfaceOf(path), path, null, null, isPrefixed);
    }

    private static Route Found(Provider provider, string path, in EndpointMatch match, bool isPrefixed) =>
        new(provider, provider.SurfaceOf(path), path, match.Endpoint, match.Model, isPrefixed);
}
