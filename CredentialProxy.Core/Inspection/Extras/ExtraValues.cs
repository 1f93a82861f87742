using System.Text.Json;
using CredentialProxy.Core.Grants;

namespace CredentialProxy.Core.Inspection.Extras;

/// <summary>What the values of members mean that ask for more than plain generation.</summary>
internal static class ExtraValues
{
    private const int MaxModalityLength = 16;

    /// <summary>
    /// The features of a router's plugin whose id the reader stands on, by the ids of @openrouter/sdk 1.3. Each that chooses models or leaves the house must be granted as such too.
    /// </summary>
    public static Features FeaturesOfPlugin(ref Utf8JsonReader reader)
    {
        if (reader.ValueTextEquals("web"u8))
        {
            return Features.Plugins | Features.WebSearch;
        }
        if (reader.ValueTextEquals("web-fetch"u8))
        {
            return Features.Plugins | Features.WebFetch;
        }
        var isPlain = reader.ValueTextEquals("file-parser"u8) || reader.ValueTextEquals("response-healing"u8)
            || reader.ValueTextEquals("context-compression"u8) || reader.ValueTextEquals("moderation"u8);
        return isPlain ? Features.Plugins : Features.Plugins | Features.ModelChoice;
    }

    /// <summary>Whether an edit of the context, or a part of one, whose type the reader stands on may have the model write a summary: only what clears or counts is known not to.</summary>
    public static bool WritesSummary(ref Utf8JsonReader reader) =>
        !(reader.ValueTextEquals("clear_tool_uses_20250919"u8) || reader.ValueTextEquals("clear_thinking_20251015"u8)
            || reader.ValueTextEquals("input_tokens"u8) || reader.ValueTextEquals("tool_uses"u8) || reader.ValueTextEquals("thinking_turns"u8)
            || reader.ValueTextEquals("all"u8) || reader.ValueTextEquals("none"u8));

    /// <summary>What an answer shall be made of by the modality that the reader stands on; Google takes its enum's numbers too.</summary>
    public static OutputKinds OutputOf(ref Utf8JsonReader reader)
    {
        var length = reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length;
        if (reader.TokenType != JsonTokenType.String || length > MaxModalityLength)
        {
            return OutputKinds.Other;
        }
        Span<byte> name = stackalloc byte[MaxModalityLength];
        name = name[..reader.CopyString(name)];
        System.Text.Ascii.ToLowerInPlace(name, out _);
        return name switch
        {
            _ when name.SequenceEqual("text"u8) => OutputKinds.None,
            _ when name.SequenceEqual("audio"u8) => OutputKinds.Audio,
            _ when name.SequenceEqual("image"u8) => OutputKinds.Image,
            _ when name.SequenceEqual("video"u8) => OutputKinds.Video,
            _ => OutputKinds.Other,
        };
    }
}
