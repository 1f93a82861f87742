using System.Net;
using System.Net.Sockets;
using System.Text;

namespace CredentialProxy.Tests.Running;

/// <summary>An upstream that answers every connection's first request with the very bytes it was given.</summary>
internal sealed class RawUpstream : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;

    public RawUpstream(string answer)
    {
        _listener.Start();
        Address = $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";
        _serving = ServeAsync(Encoding.Latin1.GetBytes(answer));
    }

    public string Address { get; }

    /// <summary>What the last connection sent.</summary>
    public string Received { get; private set; } = "";

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _serving;
        _stop.Dispose();
    }

    private async Task ServeAsync(byte[] answer)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                var stream = client.GetStream();
                var count = await stream.ReadAsync(buffer, _stop.Token);
                Received = Encoding.Latin1.GetString(buffer, 0, count);
                await stream.WriteAsync(answer, _stop.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }
}
