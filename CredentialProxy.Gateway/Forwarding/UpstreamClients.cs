using System.Collections.Frozen;
using System.Net;
using CredentialProxy.Core.Providers;

namespace CredentialProxy.Gateway.Forwarding;

/// <summary>
/// One connection pool a provider. Nothing in it retries, follows a redirect (which would carry <c>x-api-key</c> to wherever it points), keeps a cookie,
/// goes through a proxy of the environment, or adds a trace header.
/// </summary>
internal sealed class UpstreamClients : IDisposable
{
    private readonly FrozenDictionary<string, UpstreamClient> _clients;

    public UpstreamClients(ProviderCatalog catalog, GatewayOptions options, ILogger<UpstreamConnector> logger) =>
        _clients = catalog.All.ToFrozenDictionary(
            provider => provider.Name, provider => Create(provider, options, new UpstreamConnector(provider, Dns.GetHostAddressesAsync, logger)), StringComparer.Ordinal);

    public HttpMessageInvoker Of(Provider provider) => _clients[provider.Name];

    public void Dispose()
    {
        foreach (var client in _clients.Values)
        {
            client.Dispose();
        }
    }

    private static UpstreamClient Create(Provider provider, GatewayOptions options, UpstreamConnector connector) => new(
        new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            // Without it no activity is made either, whose url.full would hold the key of a query slot.
            ActivityHeadersPropagator = null,
            ConnectCallback = connector.ConnectAsync,
            ConnectTimeout = TimeSpan.FromSeconds(options.ConnectTimeoutSeconds),
            // Follows DNS changes without breaking running streams.
            PooledConnectionLifetime = TimeSpan.FromMinutes(15),
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(2),
            MaxConnectionsPerServer = options.MaxUpstreamConnections,
            // An answer that nobody waits for any more is cut off. Reading on, to save the connection, would let the provider produce what is never metered.
            MaxResponseDrainSize = 0,
            EnableMultipleHttp2Connections = true,
            KeepAlivePingDelay = TimeSpan.FromSeconds(60),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(20),
        },
        takesKeyInQuery: provider.Surfaces.Any(surface => surface.Slot.Kind == SlotKind.Query));
}
