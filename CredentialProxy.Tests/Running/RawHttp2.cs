using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace CredentialProxy.Tests.Running;

/// <summary>One request over HTTP/2 with whatever fields a test means, in plain frames (RFC 9113) and uncompressed fields (RFC 7541 §6.2.2).</summary>
internal static class RawHttp2
{
    private const byte Data = 0;
    private const byte Headers = 1;
    private const byte Reset = 3;
    private const byte Settings = 4;
    private const byte GoAway = 7;
    private const byte EndStream = 1;
    private const byte EndHeaders = 4;
    private const byte Acknowledgement = 1;

    private static readonly int[] IndexedStatuses = [200, 204, 206, 304, 400, 404, 500];

    /// <summary>Sends a request; the answer's status, or 0 where the stream or the connection was ended instead.</summary>
    public static async Task<int> AskAsync(Uri address, IEnumerable<(string Name, string Value)> fields, string body)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port, patience.Token);
        await using var stream = client.GetStream();
        var block = new MemoryStream();
        foreach (var (name, value) in fields)
        {
            block.WriteByte(0);
            WriteText(block, name);
            WriteText(block, value);
        }
        byte[] opening = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Frame(Settings, 0, 0, []), .. Frame(Headers, EndHeaders, 1, block.ToArray()), .. Frame(Data, EndStream, 1, Encoding.Latin1.GetBytes(body))];
        try
        {
            await stream.WriteAsync(opening, patience.Token);
            return await ReadStatusAsync(stream, patience.Token);
        }
        catch (Exception e) when (e is IOException or EndOfStreamException)
        {
            return 0;
        }
    }

    private static async Task<int> ReadStatusAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        var status = 0;
        var header = new byte[9];
        while (true)
        {
            await stream.ReadExactlyAsync(header, cancellationToken);
            var payload = new byte[(header[0] << 16) | (header[1] << 8) | header[2]];
            await stream.ReadExactlyAsync(payload, cancellationToken);
            var (type, flags) = (header[3], header[4]);
            if (type == Settings && (flags & Acknowledgement) == 0)
            {
                await stream.WriteAsync(Frame(Settings, Acknowledgement, 0, []), cancellationToken);
            }
            if (type == Headers && status == 0)
            {
                status = StatusOf(payload);
            }
            if (type is Reset or GoAway || (type is Headers or Data && (flags & EndStream) != 0))
            {
                return status;
            }
        }
    }

    // The first field; a change of the table's size may stand in front of it.
    private static int StatusOf(byte[] block)
    {
        var start = (block[0] & 0xE0) == 0x20 ? 1 : 0;
        return (block[start] & 0x80) != 0
            ? IndexedStatuses[(block[start] & 0x7F) - 8]
            : int.Parse(Encoding.ASCII.GetString(block, start + 2, 3), System.Globalization.CultureInfo.InvariantCulture);
    }

    private static byte[] Frame(byte type, byte flags, int stream, byte[] payload)
    {
        var frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8);
        (frame[3], frame[4]) = (type, flags);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame.AsSpan(9));
        return frame;
    }

    private static void WriteText(MemoryStream block, string text)
    {
        var length = text.Length;
        block.WriteByte((byte)Math.Min(length, 127));
        for (length -= 127; length >= 0; length >>= 7)
        {
            block.WriteByte((byte)((length & 127) | (length > 127 ? 128 : 0)));
            if (length <= 127)
            {
                break;
            }
        }
        block.Write(Encoding.Latin1.GetBytes(text));
    }
}
