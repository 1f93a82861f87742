using System.Collections.Frozen;
using CredentialProxy.Core.Providers;

namespace CredentialProxy.Gateway.Forwarding;

/// <summary>
/// The addresses that requests are sent to. Scheme, host and port always are those of the provider's base URL: they are fixed before the
/// client's path is looked at, and compared once more with the finished address.
/// </summary>
internal sealed class UpstreamAddresses
{
    // By reference: comparing endpoints by value would hash four strings a request.
    private readonly FrozenDictionary<(Provider, Endpoint), Uri> _plain;

    public UpstreamAddresses(ProviderCatalog catalog) =>
        _plain = catalog.All
            .SelectMany(provider => provider.Endpoints.All, (provider, endpoint) => (provider, endpoint))
            .Where(pair => !pair.endpoint.Path.Contains('{', StringComparison.Ordinal))
            .ToFrozenDictionary(pair => pair, pair => Make(pair.provider, pair.endpoint.Path, ""), ByReference.Instance);

    /// <summary>The address of a route.</summary>
    /// <param name="route">A route that has an endpoint.</param>
    /// <param name="query">The query with its <c>?</c>, freed of every slot; empty for none.</param>
    public Uri Of(in Route route, string query) =>
        query.Length == 0 && _plain.TryGetValue((route.Provider, route.Endpoint!), out var address) ? address : Make(route.Provider, route.Path, query);

    private static Uri Make(Provider provider, string path, string query)
    {
        var origin = provider.BaseUrl;
        var address = new Uri(origin.GetLeftPart(UriPartial.Authority) + origin.AbsolutePath.TrimEnd('/') + path + query, UriKind.Absolute);
        if (address.Scheme != origin.Scheme || address.Host != origin.Host || address.Port != origin.Port || address.UserInfo.Length > 0)
        {
            throw new InvalidOperationException($"An address for provider '{provider.Name}' would have left its origin.");
        }
        return address;
    }

    private sealed class ByReference : IEqualityComparer<(Provider, Endpoint)>
    {
        public static ByReference Instance { get; } = new();

        public bool Equals((Provider, Endpoint) x, (Provider, Endpoint) y) => ReferenceEquals(x.Item1, y.Item1) && ReferenceEquals(x.Item2, y.Item2);

        public int GetHashCode((Provider, Endpoint) obj) =>
            HashCode.Combine(System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(obj.Item1), System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(obj.Item2));
    }
}
