using System.Net;
using System.Net.Sockets;

namespace CredentialProxy.Tests.Running;

/// <summary>Takes connections and says nothing: what is behind it never answers, and a TLS handshake with it never ends.</summary>
internal sealed class SilentListener : IAsyncDisposable
{
    private readonly TcpServer _server = new(async (client, stop) =>
    {
        using (client)
        {
            await Task.Delay(Timeout.Infinite, stop);
        }
    });

    public string Authority => _server.Authority;

    /// <summary>An authority of this machine at which nobody listens.</summary>
    public static string Nobody()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return $"127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
