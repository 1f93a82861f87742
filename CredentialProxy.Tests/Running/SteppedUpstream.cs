using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;

namespace CredentialProxy.Tests.Running;

/// <summary>An upstream whose every byte the test sends itself, request by request.</summary>
internal sealed class SteppedUpstream : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Channel<ScriptedCall> _calls = Channel.CreateUnbounded<ScriptedCall>();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;

    public SteppedUpstream()
    {
        _listener.Start();
        Address = $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";
        _accepting = AcceptAsync();
    }

    public string Address { get; }

    /// <summary>The next request that came on a new connection, its head read.</summary>
    public async Task<ScriptedCall> NextAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        return await _calls.Reader.ReadAsync(patience.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        while (_calls.Reader.TryRead(out var call))
        {
            call.Dispose();
        }
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                client.NoDelay = true;
                _calls.Writer.TryWrite(await ScriptedCall.ReadAsync(client, _stop.Token));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException or IOException)
        {
            // The test is over.
        }
    }
}

/// <summary>One request at a <see cref="SteppedUpstream"/>.</summary>
internal sealed class ScriptedCall : IDisposable
{
    public const string EventStream = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";

    private readonly TcpClient _client;

    private ScriptedCall(TcpClient client, string received) => (_client, Received) = (client, received);

    /// <summary>What had come when the body's last byte had.</summary>
    public string Received { get; }

    public static async Task<ScriptedCall> ReadAsync(TcpClient client, CancellationToken cancellationToken)
    {
        var received = new StringBuilder();
        var buffer = new byte[16 * 1024];
        while (!IsWhole(received.ToString()))
        {
            var count = await client.GetStream().ReadAsync(buffer, cancellationToken);
            if (count == 0)
            {
                break;
            }
            received.Append(Encoding.Latin1.GetString(buffer, 0, count));
        }
        return new ScriptedCall(client, received.ToString());
    }

    /// <summary>Sends bytes of the answer.</summary>
    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>Sends bytes of the answer.</summary>
    public Task SendAsync(byte[] bytes) => _client.GetStream().WriteAsync(bytes).AsTask();

    /// <summary>Waits until the gateway has given the call up.</summary>
    public async Task GivenUpAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        try
        {
            while (await _client.GetStream().ReadAsync(new byte[1024], patience.Token) > 0)
            {
            }
        }
        catch (IOException)
        {
            // Given up with a reset.
        }
    }

    /// <summary>Ends the answer and the connection.</summary>
    public void Dispose() => _client.Dispose();

    private static bool IsWhole(string received)
    {
        var end = received.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
        {
            return false;
        }
        var lengthAt = received.IndexOf("Content-Length: ", StringComparison.OrdinalIgnoreCase);
        return lengthAt < 0 || lengthAt > end
            || received.Length >= end + 4 + int.Parse(received[(lengthAt + 16)..received.IndexOf('\r', lengthAt)], System.Globalization.CultureInfo.InvariantCulture);
    }
}
