using System.Net;
using System.Net.Sockets;
using CredentialProxy.Core.Providers;

namespace CredentialProxy.Gateway.Forwarding;

/// <summary>
/// Connects to a provider's server. The name is resolved here, and what it resolves to is judged here, so that no other answer of the DNS can come between the check and the connection.
/// </summary>
internal sealed partial class UpstreamConnector(Provider provider, Func<string, CancellationToken, Task<IPAddress[]>> resolve, ILogger<UpstreamConnector> logger)
{
    /// <summary>
    /// What the system takes in of an answer that its client does not read, in bytes. Left to itself it takes megabytes for each, until all of the machine's connections stall, and lets the
    /// provider produce as much that is never metered. At a distance of 50 ms an answer still comes at 5 MB a second.
    /// </summary>
    internal const int MaxUnreadBytes = 256 * 1024;

    /// <summary>Connects; used once a connection, not once a request.</summary>
    /// <exception cref="IOException">The name leads to no address that this provider may have.</exception>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await resolve(host, cancellationToken);
        var allowed = AddressReaches.Allowed(provider, addresses);
        if (allowed.Length == 0 && addresses.Length > 0)
        {
            Log.Forbidden(logger, provider.Name, host, string.Join(", ", addresses.Select(address => address.ToString())));
            throw new IOException($"The host of provider '{provider.Name}' leads to an address that it may not have.");
        }
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveBufferSize = MaxUnreadBytes };
        try
        {
            await socket.ConnectAsync(allowed, port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2201, LogLevel.Warning, "Provider {Provider} is not connected to: its host {Host} leads to {Addresses}, within the gateway's own network. If it is meant to be there, set Providers:{Provider}:AllowPrivateAddresses; link-local and metadata addresses are never connected to.")]
        public static partial void Forbidden(ILogger logger, string provider, string host, string addresses);
    }
}
