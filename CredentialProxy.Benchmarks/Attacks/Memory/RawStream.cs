using System.Net.Sockets;
using System.Text;

namespace CredentialProxy.Benchmarks.Attacks.Memory;

/// <summary>A streamed request on a connection of its own, of whose answer no more is read than is asked for. As cheap for its client as it can be.</summary>
internal sealed class RawStream : IDisposable
{
    private static readonly byte[] HeadEnd = "\r\n\r\n"u8.ToArray();

    private readonly Socket _socket;

    private RawStream(Socket socket) => _socket = socket;

    /// <summary>Opens so many, some at a time.</summary>
    public static async Task<List<RawStream>> OpenAsync(int count, Uri server, string request, int? receiveBufferBytes, bool readsHead)
    {
        const int AtATime = 64;
        var streams = new List<RawStream>();
        foreach (var batch in Enumerable.Range(0, count).Chunk(AtATime))
        {
            streams.AddRange(await Task.WhenAll(batch.Select(_ => OpenAsync(server, request, receiveBufferBytes, readsHead))));
        }
        return streams;
    }

    private static async Task<RawStream> OpenAsync(Uri server, string request, int? receiveBufferBytes, bool readsHead)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBufferBytes is { } bytes)
        {
            socket.ReceiveBufferSize = bytes;
        }
        await socket.ConnectAsync(server.Host, server.Port);
        await socket.SendAsync(Encoding.Latin1.GetBytes(request));
        if (readsHead)
        {
            await ReadHeadAsync(socket);
        }
        return new RawStream(socket);
    }

    private static async Task ReadHeadAsync(Socket socket)
    {
        var buffer = new byte[4096];
        var length = 0;
        while (buffer.AsSpan(0, length).IndexOf(HeadEnd) < 0)
        {
            var count = await socket.ReceiveAsync(buffer.AsMemory(length));
            if (count == 0)
            {
                throw new InvalidOperationException("The gateway closed the connection.");
            }
            length += count;
        }
        var head = Encoding.Latin1.GetString(buffer, 0, length);
        if (!head.StartsWith("HTTP/1.1 200", StringComparison.Ordinal))
        {
            throw new InvalidOperationException(head);
        }
    }

    public void Dispose() => _socket.Dispose();
}
