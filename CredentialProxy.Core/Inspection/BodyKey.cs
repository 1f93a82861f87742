using System.Text.Json;

namespace CredentialProxy.Core.Inspection;

/// <summary>The member names that an inspection turns on, in all dialects; both spellings that Gemini takes are one.</summary>
internal enum BodyKey : byte
{
    Other,
    Model,
    Stream,
    StreamOptions,
    IncludeUsage,
    MaxTokens,
    MaxCompletionTokens,
    MaxOutputTokens,
    N,
    BestOf,
    CandidateCount,
    GenerationConfig,
    ThinkingConfig,
    Thinking,
    BudgetTokens,
    ThinkingBudget,
    Prompt,
    Input,
    Instructions,
    System,
    Tools,
    CacheControl,
    Ttl,
    Data,
    MediaType,
    ImageUrl,
    Url,
    Source,
    Unseen,
}

/// <summary>Recognises member names.</summary>
internal static class BodyKeys
{
    /// <summary>Longer names, escapes counted, are none of ours.</summary>
    private const int MaxRawLength = 256;

    /// <summary>The name that the reader stands on.</summary>
    public static BodyKey Read(ref Utf8JsonReader reader)
    {
        if (!reader.HasValueSequence && !reader.ValueIsEscaped)
        {
            return Parse(reader.ValueSpan);
        }
        var length = reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length;
        if (length > MaxRawLength)
        {
            return BodyKey.Other;
        }
        Span<byte> name = stackalloc byte[MaxRawLength];
        return Parse(name[..reader.CopyString(name)]);
    }

    private static BodyKey Parse(ReadOnlySpan<byte> name) => name.Length switch
    {
        1 => name[0] == 'n' ? BodyKey.N : BodyKey.Other,
        3 => name.SequenceEqual("url"u8) ? BodyKey.Url : name.SequenceEqual("ttl"u8) ? BodyKey.Ttl : BodyKey.Other,
        4 => name.SequenceEqual("data"u8) ? BodyKey.Data : BodyKey.Other,
        5 => name.SequenceEqual("model"u8) ? BodyKey.Model : name.SequenceEqual("tools"u8) ? BodyKey.Tools : name.SequenceEqual("input"u8) ? BodyKey.Input : BodyKey.Other,
        6 => Six(name),
        7 => name.SequenceEqual("best_of"u8) ? BodyKey.BestOf : name.SequenceEqual("file_id"u8) || name.SequenceEqual("fileUri"u8) ? BodyKey.Unseen : BodyKey.Other,
        8 => Eight(name),
        9 => name.SequenceEqual("image_url"u8) ? BodyKey.ImageUrl : name.SequenceEqual("file_data"u8) ? BodyKey.Data : name.SequenceEqual("mime_type"u8) ? BodyKey.MediaType : name.SequenceEqual("container"u8) ? BodyKey.Unseen : BodyKey.Other,
        10 => name.SequenceEqual("max_tokens"u8) ? BodyKey.MaxTokens : name.SequenceEqual("media_type"u8) ? BodyKey.MediaType : BodyKey.Other,
        _ => Long(name),
    };

    private static BodyKey Six(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("stream"u8) ? BodyKey.Stream
        : name.SequenceEqual("prompt"u8) ? BodyKey.Prompt
        : name.SequenceEqual("system"u8) ? BodyKey.System
        : name.SequenceEqual("source"u8) ? BodyKey.Source
        : BodyKey.Other;

    private static BodyKey Eight(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("mimeType"u8) ? BodyKey.MediaType
        : name.SequenceEqual("thinking"u8) ? BodyKey.Thinking
        : name.SequenceEqual("file_uri"u8) || name.SequenceEqual("file_url"u8) ? BodyKey.Unseen
        : BodyKey.Other;

    private static BodyKey Long(ReadOnlySpan<byte> name)
    {
        foreach (var (text, key) in LongNames)
        {
            if (text.Length == name.Length && name.SequenceEqual(text))
            {
                return key;
            }
        }
        return BodyKey.Other;
    }

    private static readonly (byte[] Text, BodyKey Key)[] LongNames =
    [
        ("stream_options"u8.ToArray(), BodyKey.StreamOptions),
        ("include_usage"u8.ToArray(), BodyKey.IncludeUsage),
        ("max_completion_tokens"u8.ToArray(), BodyKey.MaxCompletionTokens),
        ("max_output_tokens"u8.ToArray(), BodyKey.MaxOutputTokens),
        ("maxOutputTokens"u8.ToArray(), BodyKey.MaxOutputTokens),
        ("candidateCount"u8.ToArray(), BodyKey.CandidateCount),
        ("candidate_count"u8.ToArray(), BodyKey.CandidateCount),
        ("generationConfig"u8.ToArray(), BodyKey.GenerationConfig),
        ("generation_config"u8.ToArray(), BodyKey.GenerationConfig),
        ("thinkingConfig"u8.ToArray(), BodyKey.ThinkingConfig),
        ("thinking_config"u8.ToArray(), BodyKey.ThinkingConfig),
        ("budget_tokens"u8.ToArray(), BodyKey.BudgetTokens),
        ("thinkingBudget"u8.ToArray(), BodyKey.ThinkingBudget),
        ("thinking_budget"u8.ToArray(), BodyKey.ThinkingBudget),
        ("instructions"u8.ToArray(), BodyKey.Instructions),
        ("cache_control"u8.ToArray(), BodyKey.CacheControl),
        ("previous_response_id"u8.ToArray(), BodyKey.Unseen),
        ("conversation"u8.ToArray(), BodyKey.Unseen),
        ("cachedContent"u8.ToArray(), BodyKey.Unseen),
        ("cached_content"u8.ToArray(), BodyKey.Unseen),
    ];
}
