using System.Net.Sockets;
using System.Text;

namespace CredentialProxy.Tests.Running;

/// <summary>An upstream that answers every connection's first request with the very bytes it was given.</summary>
internal sealed class RawUpstream : IAsyncDisposable
{
    private readonly byte[] _answer;
    private readonly string _until;
    private readonly TcpServer _server;

    public RawUpstream(string answer, string until = "")
    {
        _answer = Encoding.Latin1.GetBytes(answer);
        _until = until;
        _server = new TcpServer(ServeAsync);
    }

    public string Address => _server.Address;

    /// <summary>What the last connection sent.</summary>
    public string Received { get; private set; } = "";

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task ServeAsync(TcpClient client, CancellationToken stop)
    {
        using (client)
        {
            var buffer = new byte[64 * 1024];
            var stream = client.GetStream();
            var (count, read) = (0, 0);
            do
            {
                read = await stream.ReadAsync(buffer.AsMemory(count), stop);
                count += read;
                Received = Encoding.Latin1.GetString(buffer, 0, count);
            }
            while (read > 0 && !Received.Contains(_until, StringComparison.Ordinal));
            await stream.WriteAsync(_answer, stop);
        }
    }
}
