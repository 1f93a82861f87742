using System.Buffers;
using System.Text.Json;

namespace CredentialProxy.Core.Metering;

/// <summary>Recognises the event that carries a chat completion stream's usage and nothing else.</summary>
internal static class UsageChunk
{
    /// <summary>Whether this event, framing and all, is one.</summary>
    public static bool IsOne(ReadOnlySpan<byte> framed)
    {
        if (framed.IndexOf("\"usage\""u8) < 0 || framed.IndexOf("\"choices\""u8) < 0)
        {
            return false;
        }
        try
        {
            if (TryGetOnlyLine(framed, out var json))
            {
                return HasEmptyChoicesAndUsage(json);
            }
            var data = new ArrayBufferWriter<byte>(framed.Length);
            new EventFraming(new DataCollector(data)).Observe(framed);
            return HasEmptyChoicesAndUsage(data.WrittenSpan);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    // An event of a single data line, as all providers write them, is read where it is.
    private static bool TryGetOnlyLine(ReadOnlySpan<byte> framed, out ReadOnlySpan<byte> json)
    {
        json = default;
        if (!framed.StartsWith("data:"u8))
        {
            return false;
        }
        var line = framed["data:"u8.Length..].TrimEnd("\r\n"u8);
        if (line.IndexOfAny((byte)'\r', (byte)'\n') >= 0)
        {
            return false;
        }
        json = line;
        return true;
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
            // As they are: no provider escapes a name, and one that can't be unescaped would throw.
            var isChoices = reader.ValueSpan.SequenceEqual("choices"u8);
            var isUsage = reader.ValueSpan.SequenceEqual("usage"u8);
            reader.Read();
            if (isChoices)
            {
                if (reader.TokenType != JsonTokenType.StartArray || !reader.Read() || reader.TokenType != JsonTokenType.EndArray)
                {
                    return false;
                }
                hasNoChoices = true;
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
