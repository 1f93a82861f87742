using System.Text;
using System.Text.Json;

namespace CredentialProxy.Core.Inspection;

/// <summary>Recognises member names.</summary>
internal static class BodyKeys
{
    /// <summary>Longer names, escapes counted, are none of ours.</summary>
    private const int MaxRawLength = 256;

    private static readonly (string Name, BodyKey Key)[] Names =
    [
        ("model", BodyKey.Model),
        ("stream", BodyKey.Stream),
        ("stream_options", BodyKey.StreamOptions),
        ("include_usage", BodyKey.IncludeUsage),
        ("max_tokens", BodyKey.MaxTokens),
        ("max_completion_tokens", BodyKey.MaxCompletionTokens),
        ("max_output_tokens", BodyKey.MaxOutputTokens), ("maxOutputTokens", BodyKey.MaxOutputTokens),
        ("n", BodyKey.N),
        ("best_of", BodyKey.BestOf),
        ("candidate_count", BodyKey.CandidateCount), ("candidateCount", BodyKey.CandidateCount),
        ("generation_config", BodyKey.GenerationConfig), ("generationConfig", BodyKey.GenerationConfig),
        ("thinking_config", BodyKey.ThinkingConfig), ("thinkingConfig", BodyKey.ThinkingConfig),
        ("thinking_budget", BodyKey.ThinkingBudget), ("thinkingBudget", BodyKey.ThinkingBudget),
        ("thinking", BodyKey.Thinking),
        ("budget_tokens", BodyKey.BudgetTokens),
        ("prompt", BodyKey.Prompt),
        ("input", BodyKey.Input),
        ("messages", BodyKey.Messages),
        ("contents", BodyKey.Contents),
        ("content", BodyKey.Content),
        ("parts", BodyKey.Parts),
        ("system", BodyKey.System),
        ("system_instruction", BodyKey.SystemInstruction), ("systemInstruction", BodyKey.SystemInstruction),
        ("requests", BodyKey.Requests),
        ("output", BodyKey.Output),
        ("function_response", BodyKey.FunctionResponse), ("functionResponse", BodyKey.FunctionResponse),
        ("tools", BodyKey.Tools),
        ("function_declarations", BodyKey.FunctionDeclarations), ("functionDeclarations", BodyKey.FunctionDeclarations),
        ("type", BodyKey.Type),
        ("source", BodyKey.Source),
        ("data", BodyKey.Data),
        ("media_type", BodyKey.MediaType), ("mime_type", BodyKey.MediaType), ("mimeType", BodyKey.MediaType),
        ("inline_data", BodyKey.InlineData), ("inlineData", BodyKey.InlineData),
        ("input_audio", BodyKey.InputAudio),
        ("audio", BodyKey.Audio),
        ("id", BodyKey.Id),
        ("file", BodyKey.File),
        ("file_data", BodyKey.FileData), ("fileData", BodyKey.FileData),
        ("image_url", BodyKey.ImageUrl),
        ("video_url", BodyKey.VideoUrl),
        ("url", BodyKey.Url),
        ("result", BodyKey.Result),
        ("cache_control", BodyKey.CacheControl),
        ("ttl", BodyKey.Ttl),
        ("previous_response_id", BodyKey.Unseen),
        ("conversation", BodyKey.Unseen),
        ("cached_content", BodyKey.Unseen), ("cachedContent", BodyKey.Unseen),
        ("container", BodyKey.Unseen),
        ("file_id", BodyKey.Unseen),
        ("file_url", BodyKey.Unseen),
        ("file_uri", BodyKey.Unseen), ("fileUri", BodyKey.Unseen),
        ("comparison_response_id", BodyKey.Reference),
        ("voice", BodyKey.Reference),
        ("user_profile_id", BodyKey.Reference),
    ];

    private static readonly (byte[] Name, BodyKey Key)[][] ByLength = GroupByLength();

    /// <summary>The name that the reader stands on, escaped or not.</summary>
    public static BodyKey Read(ref Utf8JsonReader reader)
    {
        if (!reader.HasValueSequence && !reader.ValueIsEscaped)
        {
            return Parse(reader.ValueSpan);
        }
        Span<byte> name = stackalloc byte[MaxRawLength];
        return Parse(name[..Copy(ref reader, name)]);
    }

    /// <summary>
    /// What the name that the reader stands on would be in lower case. Some servers, those that use Go's encoding/json for one (https://pkg.go.dev/encoding/json#Unmarshal), take
    /// <c>"MODEL"</c> for <c>"model"</c>.
    /// </summary>
    public static BodyKey ReadIgnoringCase(ref Utf8JsonReader reader)
    {
        Span<byte> name = stackalloc byte[MaxRawLength];
        name = name[..Copy(ref reader, name)];
        if (!name.ContainsAnyInRange((byte)'A', (byte)'Z'))
        {
            return BodyKey.Other;
        }
        Ascii.ToLowerInPlace(name, out _);
        return Parse(name);
    }

    private static int Copy(ref Utf8JsonReader reader, scoped Span<byte> name)
    {
        var length = reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length;
        return length <= name.Length ? reader.CopyString(name) : 0;
    }

    private static BodyKey Parse(ReadOnlySpan<byte> name)
    {
        if (name.Length < ByLength.Length)
        {
            foreach (var (known, key) in ByLength[name.Length])
            {
                if (name.SequenceEqual(known))
                {
                    return key;
                }
            }
        }
        return BodyKey.Other;
    }

    private static (byte[] Name, BodyKey Key)[][] GroupByLength() =>
        [.. Enumerable.Range(0, Names.Max(static entry => entry.Name.Length) + 1)
            .Select(static length => Names.Where(entry => entry.Name.Length == length).Select(static entry => (Encoding.ASCII.GetBytes(entry.Name), entry.Key)).ToArray())];
}
