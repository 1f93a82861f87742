using System.Text;

namespace CredentialProxy.Fuzzing.References;

/// <summary>An event of a stream.</summary>
/// <param name="Bytes">As it stands there, the blank line that ends it included.</param>
/// <param name="Data">Its data lines, joined by line feeds.</param>
internal sealed record PlainEvent(ReadOnlyMemory<byte> Bytes, byte[] Data);

/// <summary>Takes a whole stream apart into events: the simple reading that the product's pass over the bytes must agree with.</summary>
internal static class PlainEvents
{
    /// <summary>A stream of the same events in the plainest frames: data lines that end in a line feed, and an empty one.</summary>
    public static byte[] FrameAnew(byte[] stream) =>
        Encoding.Latin1.GetBytes(string.Concat(Of(stream).Select(framed => $"data: {Encoding.Latin1.GetString(framed.Data).Replace("\n", "\ndata: ", StringComparison.Ordinal)}\n\n")));

    /// <summary>Reads a stream (https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream); what follows the last blank line counts as an event too.</summary>
    public static IEnumerable<PlainEvent> Of(byte[] stream)
    {
        var text = Encoding.Latin1.GetString(stream);
        var (start, at, isFirst) = (0, 0, true);
        var data = new List<string>();
        while (at < text.Length)
        {
            var length = text.AsSpan(at).IndexOfAny('\r', '\n');
            var line = length < 0 ? text[at..] : text.Substring(at, length);
            at = length < 0 ? text.Length : at + length + (text.AsSpan(at + length).StartsWith("\r\n") ? 2 : 1);
            // A stream may begin with one byte order mark.
            var field = isFirst && line.StartsWith("\u00EF\u00BB\u00BF", StringComparison.Ordinal) ? line[3..] : line;
            isFirst = false;
            if (field.StartsWith("data:", StringComparison.Ordinal))
            {
                data.Add(field.AsSpan(5).StartsWith(" ") ? field[6..] : field[5..]);
            }
            if ((line.Length == 0 && length >= 0) || at == text.Length)
            {
                yield return new PlainEvent(stream.AsMemory(start, at - start), Encoding.Latin1.GetBytes(string.Join('\n', data)));
                start = at;
                data.Clear();
            }
        }
    }
}
