using System.Net.Sockets;
using System.Text;

namespace CredentialProxy.Tests.Running;

/// <summary>One request at a <see cref="SteppedUpstream"/>.</summary>
internal sealed class SteppedCall : IDisposable
{
    public const string EventStream = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";

    private readonly TcpClient _client;

    private SteppedCall(TcpClient client, string received) => (_client, Received) = (client, received);

    /// <summary>What had come when the body's last byte had.</summary>
    public string Received { get; }

    /// <summary>Reads a request; null when the connection ends without one.</summary>
    public static async Task<SteppedCall?> ReadAsync(TcpClient client, CancellationToken cancellationToken)
    {
        var received = new StringBuilder();
        var buffer = new byte[16 * 1024];
        while (!IsWhole(received.ToString()))
        {
            var count = await client.GetStream().ReadAsync(buffer, cancellationToken);
            if (count == 0)
            {
                return null;
            }
            received.Append(Encoding.Latin1.GetString(buffer, 0, count));
        }
        return new SteppedCall(client, received.ToString());
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
