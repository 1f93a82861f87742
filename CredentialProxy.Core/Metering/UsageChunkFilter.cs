using System.Buffers;
using System.Text.Json;

namespace CredentialProxy.Core.Metering;

/// <summary>
/// Leaves the usage chunk out of a stream of chat completion events: the one event whose <c>choices</c> are empty and whose <c>usage</c> is an object. Every other event leaves
/// as soon as it is whole; one too large to be that chunk leaves as it comes.
/// </summary>
public sealed class UsageChunkFilter
{
    /// <summary>No usage chunk is larger, in bytes.</summary>
    private const int MaxChunkLength = 64 * 1024;

    private readonly ArrayBufferWriter<byte> _event = new(512);
    private bool _passesRest;
    private bool _isLineEmpty = true;
    private bool _afterCarriageReturn;

    /// <summary>Takes the next bytes and writes what may leave.</summary>
    public void Process(ReadOnlySpan<byte> bytes, IBufferWriter<byte> output)
    {
        while (!bytes.IsEmpty)
        {
            var end = FindEventEnd(bytes);
            var part = end < 0 ? bytes : bytes[..end];
            bytes = bytes[part.Length..];
            if (_passesRest)
            {
                output.Write(part);
            }
            else
            {
                _event.Write(part);
                if (end >= 0 && !IsUsageChunk(_event.WrittenSpan))
                {
                    output.Write(_event.WrittenSpan);
                }
                else if (end < 0 && _event.WrittenCount > MaxChunkLength)
                {
                    _passesRest = true;
                    output.Write(_event.WrittenSpan);
                }
            }
            if (end >= 0 || _passesRest)
            {
                _event.ResetWrittenCount();
            }
            _passesRest &= end < 0;
        }
    }

    /// <summary>Writes what is left when the stream has ended.</summary>
    public void Complete(IBufferWriter<byte> output)
    {
        output.Write(_event.WrittenSpan);
        _event.ResetWrittenCount();
    }

    // The index after the blank line that ends the event; -1 when it is not among these bytes.
    private int FindEventEnd(ReadOnlySpan<byte> bytes)
    {
        var at = 0;
        while (at < bytes.Length)
        {
            if (_afterCarriageReturn && bytes[at] == '\n')
            {
                _afterCarriageReturn = false;
                at++;
                continue;
            }
            _afterCarriageReturn = false;
            var lineEnd = bytes[at..].IndexOfAny((byte)'\r', (byte)'\n');
            if (lineEnd < 0)
            {
                _isLineEmpty = false;
                return -1;
            }
            _isLineEmpty &= lineEnd == 0;
            at += lineEnd;
            var isEventEnd = _isLineEmpty;
            _isLineEmpty = true;
            _afterCarriageReturn = bytes[at] == '\r';
            at++;
            if (isEventEnd)
            {
                // The line feed of a final CR LF belongs to this event, where it is here already.
                if (_afterCarriageReturn && at < bytes.Length && bytes[at] == '\n')
                {
                    _afterCarriageReturn = false;
                    at++;
                }
                return at;
            }
        }
        return -1;
    }

    private static bool IsUsageChunk(ReadOnlySpan<byte> framed)
    {
        if (framed.IndexOf("\"usage\""u8) < 0 || framed.IndexOf("\"choices\""u8) < 0)
        {
            return false;
        }
        var data = new ArrayBufferWriter<byte>(framed.Length);
        new EventFraming(new DataCollector(data)).Observe(framed);
        try
        {
            return HasEmptyChoicesAndUsage(data.WrittenSpan);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static bool HasEmptyChoicesAndUsage(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        var (hasNoChoices, hasUsage) = (false, false);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isChoices = reader.ValueTextEquals("choices"u8);
            var isUsage = reader.ValueTextEquals("usage"u8);
            reader.Read();
            if (isChoices && reader.TokenType == JsonTokenType.StartArray)
            {
                var look = reader;
                hasNoChoices = look.Read() && look.TokenType == JsonTokenType.EndArray;
            }
            hasUsage |= isUsage && reader.TokenType == JsonTokenType.StartObject;
            reader.Skip();
        }
        return hasNoChoices && hasUsage;
    }

    private sealed class DataCollector(ArrayBufferWriter<byte> data) : IEventListener
    {
        public void OnData(ReadOnlySpan<byte> bytes) => data.Write(bytes);

        public void OnEventEnd()
        {
        }
    }
}
