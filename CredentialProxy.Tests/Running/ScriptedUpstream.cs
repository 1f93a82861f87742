using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;

namespace CredentialProxy.Tests.Running;

/// <summary>
/// An upstream that writes its own HTTP, byte by byte as a test scripts it, and keeps what it was sent.
/// </summary>
internal sealed class ScriptedUpstream : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _requests = new();
    private readonly TcpServer _server;
    private int _connections;

    public ScriptedUpstream() => _server = new TcpServer(ServeAsync);

    /// <summary>What a request is answered with: pieces, each of them a write of its own.</summary>
    public Func<string, IEnumerable<byte[]>> Answer { get; set; } = _ => [Json("""{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}""")];

    /// <summary>Waits between the pieces; the argument is the number of those written.</summary>
    public Func<int, Task> Between { get; set; } = _ => Task.CompletedTask;

    /// <summary>Whether the connection is closed after the answer to a request.</summary>
    public Func<string, bool> ClosesAfter { get; set; } = _ => false;

    public string Host => _server.Authority;

    public string Address => _server.Address;

    /// <summary>How often anybody opened a connection.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Every request whole: its header, and its body without chunks.</summary>
    public IReadOnlyList<string> Requests => [.. _requests];

    public void Forget() => _requests.Clear();

    /// <summary>An answer of JSON.</summary>
    public static byte[] Json(string body, int status = 200, string headers = "") =>
        Bytes($"HTTP/1.1 {status} Told\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n{headers}\r\n{body}");

    /// <summary>A chunk of a body, each character a byte; the last one is empty.</summary>
    public static byte[] Chunk(string text) => Encoding.Latin1.GetBytes($"{text.Length:x}\r\n{text}\r\n");

    /// <summary>Text as it stands on the wire.</summary>
    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task ServeAsync(TcpClient client, CancellationToken stop)
    {
        Interlocked.Increment(ref _connections);
        using (client)
        {
            try
            {
                await using var stream = client.GetStream();
                var reader = new WireReader(stream, stop);
                while (await reader.ReadMessageAsync() is { } request)
                {
                    _requests.Enqueue(request);
                    var count = 0;
                    foreach (var piece in Answer(request))
                    {
                        await stream.WriteAsync(piece, stop);
                        await Between(++count);
                    }
                    if (ClosesAfter(request))
                    {
                        return;
                    }
                }
            }
            catch (FormatException)
            {
                // What the gateway sent was no whole request when it left.
            }
        }
    }
}
