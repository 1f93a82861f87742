using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace CredentialProxy.Tests.Running;

/// <summary>A frame of HTTP/2 (RFC 9113 §4.1).</summary>
internal sealed record Http2Frame(byte Type, byte Flags, int Stream, byte[] Payload)
{
    public const byte Data = 0, Headers = 1, Reset = 3, Settings = 4, Ping = 6, GoAway = 7, WindowUpdate = 8, Continuation = 9;
    public const byte EndStream = 1, Acknowledged = 1, EndHeaders = 4;

    /// <summary>The error code of a RST_STREAM or GOAWAY frame.</summary>
    public uint ErrorCode => BinaryPrimitives.ReadUInt32BigEndian(Payload.AsSpan(Type == GoAway ? 4 : 0));
}

/// <summary>A client that speaks HTTP/2 frame by frame, so that it can do what no client should.</summary>
internal sealed class Http2Wire : IAsyncDisposable
{
    private readonly TcpClient _client = new() { NoDelay = true };
    private readonly ArrayBufferWriter<byte> _pending = new();
    private NetworkStream _stream = null!;

    /// <summary>Connects, sends the preface and these settings, and waits for nothing.</summary>
    public static async Task<Http2Wire> ConnectAsync(Uri server, params (ushort Id, uint Value)[] settings)
    {
        var wire = new Http2Wire();
        await wire._client.ConnectAsync(server.Host, server.Port);
        wire._stream = wire._client.GetStream();
        wire._pending.Write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8);
        var payload = new byte[settings.Length * 6];
        foreach (var (index, (id, value)) in settings.Index())
        {
            BinaryPrimitives.WriteUInt16BigEndian(payload.AsSpan(index * 6), id);
            BinaryPrimitives.WriteUInt32BigEndian(payload.AsSpan((index * 6) + 2), value);
        }
        await wire.Add(Http2Frame.Settings, 0, 0, payload).SendAsync();
        return wire;
    }

    /// <summary>Puts a frame in line.</summary>
    public Http2Wire Add(byte type, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        var head = _pending.GetSpan(9);
        head[0] = (byte)(payload.Length >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(head[1..], (ushort)payload.Length);
        (head[3], head[4]) = (type, flags);
        BinaryPrimitives.WriteInt32BigEndian(head[5..], stream);
        _pending.Advance(9);
        _pending.Write(payload);
        return this;
    }

    /// <summary>Puts the headers of a chat completion in line.</summary>
    public Http2Wire AddChat(int stream, string token, bool endsStream = false, string path = "/openai/v1/chat/completions", string fault = "{}") => Add(
        Http2Frame.Headers, (byte)(Http2Frame.EndHeaders | (endsStream ? Http2Frame.EndStream : 0)), stream,
        Fields((":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "gateway"), ("authorization", "Bearer " + token), ("content-type", "application/json"), ("x-mock-fault", fault)));

    /// <summary>Puts a whole chat completion in line.</summary>
    public Http2Wire AddWholeChat(int stream, string token, string body, string fault = "{}") =>
        AddChat(stream, token, fault: fault).Add(Http2Frame.Data, Http2Frame.EndStream, stream, Encoding.UTF8.GetBytes(body));

    /// <summary>Puts a RST_STREAM (CANCEL) in line.</summary>
    public Http2Wire AddReset(int stream) => Add(Http2Frame.Reset, 0, stream, [0, 0, 0, 8]);

    /// <summary>Takes what is in line, to be sent again and again.</summary>
    public byte[] Take()
    {
        var frames = _pending.WrittenSpan.ToArray();
        _pending.ResetWrittenCount();
        return frames;
    }

    /// <summary>Sends frames that were taken.</summary>
    public Task SendAsync(byte[] frames, CancellationToken cancellationToken) => _stream.WriteAsync(frames, cancellationToken).AsTask();

    /// <summary>Sends what is in line.</summary>
    public async Task SendAsync()
    {
        await _stream.WriteAsync(_pending.WrittenMemory);
        _pending.ResetWrittenCount();
    }

    /// <summary>Sends what is in line; false when the server has ended the connection.</summary>
    public async Task<bool> TrySendAsync()
    {
        try
        {
            await SendAsync();
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>The next frame; null at the end of the connection.</summary>
    public async Task<Http2Frame?> ReadAsync(CancellationToken cancellationToken = default)
    {
        var head = new byte[9];
        try
        {
            if (await _stream.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken) < head.Length)
            {
                return null;
            }
            var payload = new byte[(head[0] << 16) | BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(1))];
            await _stream.ReadExactlyAsync(payload, cancellationToken);
            return new Http2Frame(head[3], head[4], BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)), payload);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Reads on to the frame that is wanted; null when the connection ends without it. Fails after half a minute.</summary>
    public async Task<Http2Frame?> ReadUntilAsync(Func<Http2Frame, bool> isWanted)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            var frame = await ReadAsync(patience.Token);
            if (frame is null || isWanted(frame))
            {
                return frame;
            }
        }
    }

    /// <summary>Header fields in the plainest form of HPACK: literal, not indexed, not compressed (RFC 7541 §6.2.2).</summary>
    public static byte[] Fields(params (string Name, string Value)[] fields)
    {
        var block = new ArrayBufferWriter<byte>();
        foreach (var (name, value) in fields)
        {
            block.Write("\0"u8);
            WriteText(block, name);
            WriteText(block, value);
        }
        return block.WrittenSpan.ToArray();
    }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return default;
    }

    // A length of seven bits, and where that is not enough the rest in groups of seven (RFC 7541 §5.1).
    private static void WriteText(ArrayBufferWriter<byte> block, string text)
    {
        var rest = text.Length - 127;
        block.Write<byte>([(byte)Math.Min(text.Length, 127)]);
        for (; rest >= 0; rest = rest >= 128 ? rest >> 7 : -1)
        {
            block.Write<byte>([(byte)(rest >= 128 ? (rest & 127) | 128 : rest)]);
        }
        block.Write(Encoding.Latin1.GetBytes(text));
    }
}
