using CredentialProxy.Core.Providers;

namespace CredentialProxy.Core.Metering;

/// <summary>Recognises the member names of answers. No provider writes one with an escape in it.</summary>
internal static class MemberNames
{
    /// <summary>Longer names are none of ours.</summary>
    public const int MaxLength = 32;

    public static MemberName Parse(ReadOnlySpan<byte> name) => name.Length switch
    {
        4 => name.SequenceEqual("type"u8) ? MemberName.Type
            : name.SequenceEqual("text"u8) ? MemberName.Text
            : name.SequenceEqual("item"u8) ? MemberName.Item
            : MemberName.Other,
        5 => name.SequenceEqual("usage"u8) ? MemberName.Usage
            : name.SequenceEqual("delta"u8) ? MemberName.Delta
            : name.SequenceEqual("error"u8) ? MemberName.Error
            : name.SequenceEqual("model"u8) ? MemberName.Model
            : name.SequenceEqual("input"u8) ? MemberName.Input
            : MemberName.Other,
        6 => name.SequenceEqual("output"u8) ? MemberName.Output : MemberName.Other,
        7 => name.SequenceEqual("message"u8) ? MemberName.Message
            : name.SequenceEqual("content"u8) ? MemberName.Content
            : name.SequenceEqual("refusal"u8) ? MemberName.Refusal
            : name.SequenceEqual("thought"u8) ? MemberName.Thought
            : MemberName.Other,
        8 => name.SequenceEqual("response"u8) ? MemberName.Response : name.SequenceEqual("thinking"u8) ? MemberName.Thinking : MemberName.Other,
        9 => name.SequenceEqual("arguments"u8) ? MemberName.Arguments : name.SequenceEqual("reasoning"u8) ? MemberName.Reasoning : MemberName.Other,
        12 => name.SequenceEqual("partial_json"u8) ? MemberName.PartialJson : name.SequenceEqual("service_tier"u8) ? MemberName.ServiceTier : MemberName.Other,
        13 => name.SequenceEqual("usageMetadata"u8) ? MemberName.Usage : MemberName.Other,
        16 => name.SequenceEqual("webSearchQueries"u8) ? MemberName.WebSearchQueries : MemberName.Other,
        17 => name.SequenceEqual("reasoning_content"u8) ? MemberName.Reasoning : MemberName.Other,
        18 => name.SequenceEqual("imageSearchQueries"u8) ? MemberName.WebSearchQueries : MemberName.Other,
        _ => MemberName.Other,
    };

    /// <summary>The names whose strings are text that the model produced, in a dialect's streams, as bits.</summary>
    public static uint TextOf(Dialect dialect) => dialect switch
    {
        // A function's arguments, and a custom tool's input.
        Dialect.OpenAIChat => Bits(MemberName.Content, MemberName.Reasoning, MemberName.Arguments, MemberName.Input, MemberName.Refusal),
        Dialect.OpenAICompletions or Dialect.GeminiGenerate => Bits(MemberName.Text),
        // Its other events repeat as a whole what the deltas brought.
        Dialect.OpenAIResponses => Bits(MemberName.Delta),
        Dialect.AnthropicMessages => Bits(MemberName.Text, MemberName.PartialJson, MemberName.Thinking),
        _ => 0,
    };

    private static uint Bits(params ReadOnlySpan<MemberName> names)
    {
        var bits = 0u;
        foreach (var name in names)
        {
            bits |= 1u << (int)name;
        }
        return bits;
    }
}
