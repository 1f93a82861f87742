using System.Net.Sockets;
using System.Text;

namespace CredentialProxy.Tests.Running;

/// <summary>A client that writes its own HTTP/1.1, so that it can do what no client should. Whatever it waits for must come within half a minute.</summary>
internal sealed class WireClient : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TcpClient _client;
    private readonly NetworkStream _stream;

    private WireClient(TcpClient client) => (_client, _stream) = (client, client.GetStream());

    /// <summary>Connects.</summary>
    public static async Task<WireClient> ConnectAsync(Uri server, int? receiveBufferBytes = null)
    {
        var client = new TcpClient { NoDelay = true };
        if (receiveBufferBytes is { } bytes)
        {
            client.ReceiveBufferSize = bytes;
        }
        await client.ConnectAsync(server.Host, server.Port);
        return new WireClient(client);
    }

    /// <summary>The head of a chat completion, ready for a body of this length.</summary>
    public static string ChatHead(string token, long length, string path = "/openai/v1/chat/completions", string more = "") =>
        $"POST {path} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n{more}\r\n";

    /// <summary>A chat completion, head and body.</summary>
    public static string Chat(string token, string body, string more = "") => ChatHead(token, Encoding.UTF8.GetByteCount(body), more: more) + body;

    public Task SendAsync(string text) => _stream.WriteAsync(Encoding.Latin1.GetBytes(text)).AsTask();

    /// <summary>Sends; false when the server has ended the connection.</summary>
    public async Task<bool> TrySendAsync(string text)
    {
        try
        {
            await SendAsync(text);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Reads up to and including a text; up to the end of the connection where it doesn't come.</summary>
    public async Task<string> ReadToAsync(string end)
    {
        using var patience = new CancellationTokenSource(Patience);
        var read = new StringBuilder();
        var one = new byte[1];
        while (!EndsWith(read, end) && await TryReadAsync(one, patience.Token) > 0)
        {
            read.Append((char)one[0]);
        }
        return read.ToString();
    }

    /// <summary>Reads the head of an answer.</summary>
    public Task<string> ReadHeadAsync() => ReadToAsync("\r\n\r\n");

    /// <summary>Reads what comes until the server ends the connection.</summary>
    public async Task<string> ReadToEndAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        var read = new StringBuilder();
        var buffer = new byte[64 * 1024];
        int count;
        while ((count = await TryReadAsync(buffer, patience.Token)) > 0)
        {
            read.Append(Encoding.Latin1.GetString(buffer, 0, count));
        }
        return read.ToString();
    }

    /// <summary>Says that nothing more will be sent, and goes on reading.</summary>
    public void HalfClose() => _client.Client.Shutdown(SocketShutdown.Send);

    /// <summary>Breaks the connection off.</summary>
    public void Reset() => _client.Client.Close(timeout: 0);

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return default;
    }

    private async Task<int> TryReadAsync(byte[] buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await _stream.ReadAsync(buffer, cancellationToken);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private static bool EndsWith(StringBuilder text, string end)
    {
        for (var i = 1; i <= end.Length; i++)
        {
            if (text.Length < i || text[^i] != end[^i])
            {
                return false;
            }
        }
        return true;
    }
}
