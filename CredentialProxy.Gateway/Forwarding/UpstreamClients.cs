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
    private readonly FrozenDictionary<string, (HttpMessageInvoker Client, SocketsHttpHandler Connections)> _clients;

    public UpstreamClients(ProviderCatalog catalog, GatewayOptions options, ILogger<UpstreamConnector> logger) =>
        _clients = catalog.All.ToFrozenDictionary(
            provider => provider.Name, provider => Create(options, new UpstreamConnector(provider, Dns.GetHostAddressesAsync, logger)), StringComparer.Ordinal);

    /// <summary>A call that goes over the connections of a provider.</summary>
    public UpstreamCall CallTo(Provider provider)
    {
        var (client, connections) = _clients[provider.Name];
        return new UpstreamCall(client, connections);
    }

    public void Dispose()
    {
        foreach (var (client, _) in _clients.Values)
        {
            client.Dispose();
        }
    }

    private static (HttpMessageInvoker Client, SocketsHttpHandler Connections) Create(GatewayOptions options, UpstreamConnector connector)
    {
        var connections = new SocketsHttpHandler
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
        };
        return (new HttpMessageInvoker(connections, disposeHandler: true), connections);
    }
}
