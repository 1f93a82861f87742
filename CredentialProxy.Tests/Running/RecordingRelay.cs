using System.Net.Sockets;
using System.Text;

namespace CredentialProxy.Tests.Running;

/// <summary>Stands in front of a server and keeps every byte that it sends to its clients.</summary>
internal sealed class RecordingRelay : IAsyncDisposable
{
    private readonly Uri _server;
    private readonly TcpServer _relay;
    private readonly Lock _lock = new();
    private readonly StringBuilder _sent = new();

    public RecordingRelay(Uri server)
    {
        _server = server;
        _relay = new TcpServer(RelayAsync);
    }

    public string Address => _relay.Address;

    /// <summary>What the server sent, all connections together.</summary>
    public string Sent
    {
        get
        {
            lock (_lock)
            {
                return _sent.ToString();
            }
        }
    }

    public ValueTask DisposeAsync() => _relay.DisposeAsync();

    private async Task RelayAsync(TcpClient client, CancellationToken stop)
    {
        using (client)
        {
            using var server = new TcpClient();
            await server.ConnectAsync(_server.Host, _server.Port, stop);
            var (up, down) = (client.GetStream(), server.GetStream());
            await Task.WhenAny(up.CopyToAsync(down, stop), RecordAsync(down, up, stop));
        }
    }

    private async Task RecordAsync(NetworkStream from, NetworkStream to, CancellationToken stop)
    {
        var buffer = new byte[16 * 1024];
        int count;
        while ((count = await from.ReadAsync(buffer, stop)) > 0)
        {
            lock (_lock)
            {
                _sent.Append(Encoding.Latin1.GetString(buffer, 0, count));
            }
            await to.WriteAsync(buffer.AsMemory(0, count), stop);
        }
    }
}
