using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace CredentialProxy.Tests.Running;

/// <summary>
/// An upstream that writes its own HTTP, byte by byte as a test scripts it, and keeps what it was sent.
/// </summary>
internal sealed class ScriptedUpstream : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<string> _requests = new();
    private readonly Task _accepting;
    private int _connections;

    public ScriptedUpstream()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>What a request is answered with: pieces, each of them a write of its own.</summary>
    public Func<string, IEnumerable<byte[]>> Answer { get; set; } = _ => [Json("""{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}""")];

    /// <summary>Waits between the pieces; the argument is the number of those written.</summary>
    public Func<int, Task> Between { get; set; } = _ => Task.CompletedTask;

    /// <summary>Whether the connection is closed after the answer to a request.</summary>
    public Func<string, bool> ClosesAfter { get; set; } = _ => false;

    public string Host => $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    public string Address => "http://" + Host;

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

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                Interlocked.Increment(ref _connections);
                serving.Add(ServeAsync(client));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
        await Task.WhenAll(serving);
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                client.NoDelay = true;
                await using var stream = client.GetStream();
                var reader = new WireReader(stream, _stop.Token);
                while (await reader.ReadMessageAsync() is { } request)
                {
                    _requests.Enqueue(request);
                    var count = 0;
                    foreach (var piece in Answer(request))
                    {
                        await stream.WriteAsync(piece, _stop.Token);
                        await Between(++count);
                    }
                    if (ClosesAfter(request))
                    {
                        return;
                    }
                }
            }
            catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException or FormatException)
            {
                // The gateway left, or the test is over.
            }
        }
    }
}
