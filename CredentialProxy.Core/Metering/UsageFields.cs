using System.Text;

namespace CredentialProxy.Core.Metering;

/// <summary>
/// The names of figures in usage objects. Sources: <c>CompletionUsage</c> and <c>ResponseUsage</c> of openai-node
/// (https://github.com/openai/openai-node/tree/master/src/resources), <c>Usage</c> and <c>MessageDeltaUsage</c> of anthropic-sdk-typescript
/// (https://github.com/anthropics/anthropic-sdk-typescript/blob/main/src/resources/messages/messages.ts), Google's UsageMetadata
/// (https://ai.google.dev/api/generate-content#UsageMetadata), OpenRouter's usage accounting (https://openrouter.ai/docs/use-cases/usage-accounting).
/// </summary>
internal static class UsageFields
{
    private static readonly (byte[] Name, UsageField Parent, UsageField Field)[][] ByLength = GroupByLength(
    [
        ("prompt_tokens", UsageField.None, UsageField.Input),
        ("input_tokens", UsageField.None, UsageField.Input),
        ("promptTokenCount", UsageField.None, UsageField.Input),
        ("completion_tokens", UsageField.None, UsageField.Output),
        ("output_tokens", UsageField.None, UsageField.Output),
        ("candidatesTokenCount", UsageField.None, UsageField.Output),
        ("total_tokens", UsageField.None, UsageField.Total),
        ("totalTokenCount", UsageField.None, UsageField.Total),
        ("cache_read_input_tokens", UsageField.None, UsageField.Cached),
        ("cachedContentTokenCount", UsageField.None, UsageField.Cached),
        ("cache_creation_input_tokens", UsageField.None, UsageField.CacheWrite),
        ("cache_creation", UsageField.None, UsageField.CacheCreation),
        ("ephemeral_5m_input_tokens", UsageField.CacheCreation, UsageField.CacheWriteShort),
        ("ephemeral_1h_input_tokens", UsageField.CacheCreation, UsageField.CacheWriteHour),
        ("thoughtsTokenCount", UsageField.None, UsageField.Reasoning),
        ("toolUsePromptTokenCount", UsageField.None, UsageField.ToolInput),
        ("prompt_tokens_details", UsageField.None, UsageField.InputDetails),
        ("input_tokens_details", UsageField.None, UsageField.InputDetails),
        ("cached_tokens", UsageField.InputDetails, UsageField.Cached),
        ("cache_write_tokens", UsageField.InputDetails, UsageField.CacheWrite),
        ("audio_tokens", UsageField.InputDetails, UsageField.AudioInput),
        ("image_tokens", UsageField.InputDetails, UsageField.ImageInput),
        ("video_tokens", UsageField.InputDetails, UsageField.VideoInput),
        ("cache_write_tokens_details", UsageField.InputDetails, UsageField.CacheWriteDetails),
        ("ttl_12h_tokens", UsageField.CacheWriteDetails, UsageField.CacheWriteHour),
        ("cached_tokens_details", UsageField.InputDetails, UsageField.CachedDetails),
        ("audio_tokens", UsageField.CachedDetails, UsageField.CachedAudioInput),
        ("completion_tokens_details", UsageField.None, UsageField.OutputDetails),
        ("output_tokens_details", UsageField.None, UsageField.OutputDetails),
        ("reasoning_tokens", UsageField.OutputDetails, UsageField.Reasoning),
        ("thinking_tokens", UsageField.OutputDetails, UsageField.Reasoning),
        ("audio_tokens", UsageField.OutputDetails, UsageField.AudioOutput),
        ("image_tokens", UsageField.OutputDetails, UsageField.ImageOutput),
        ("promptTokensDetails", UsageField.None, UsageField.InputModalities),
        ("toolUsePromptTokensDetails", UsageField.None, UsageField.InputModalities),
        ("cacheTokensDetails", UsageField.None, UsageField.CachedModalities),
        ("candidatesTokensDetails", UsageField.None, UsageField.OutputModalities),
        ("modality", UsageField.InputModalities, UsageField.Modality),
        ("modality", UsageField.CachedModalities, UsageField.Modality),
        ("modality", UsageField.OutputModalities, UsageField.Modality),
        ("tokenCount", UsageField.InputModalities, UsageField.ModalityCount),
        ("tokenCount", UsageField.CachedModalities, UsageField.ModalityCount),
        ("tokenCount", UsageField.OutputModalities, UsageField.ModalityCount),
        ("server_tool_use", UsageField.None, UsageField.ServerToolUse),
        ("web_search_requests", UsageField.ServerToolUse, UsageField.WebSearches),
        ("web_fetch_requests", UsageField.ServerToolUse, UsageField.WebFetches),
        ("service_tier", UsageField.None, UsageField.ServiceTier),
        ("serviceTier", UsageField.None, UsageField.ServiceTier),
        ("speed", UsageField.None, UsageField.Speed),
        ("inference_geo", UsageField.None, UsageField.InferenceGeo),
        ("iterations", UsageField.None, UsageField.Iterations),
        ("type", UsageField.Iterations, UsageField.IterationType),
        ("input_tokens", UsageField.Iterations, UsageField.IterationInput),
        ("output_tokens", UsageField.Iterations, UsageField.IterationOutput),
        ("cache_read_input_tokens", UsageField.Iterations, UsageField.IterationCached),
        ("cache_creation_input_tokens", UsageField.Iterations, UsageField.IterationCacheWrite),
        ("cache_creation", UsageField.Iterations, UsageField.IterationCacheCreation),
        ("ephemeral_5m_input_tokens", UsageField.IterationCacheCreation, UsageField.IterationCacheWriteShort),
        ("ephemeral_1h_input_tokens", UsageField.IterationCacheCreation, UsageField.IterationCacheWriteHour),
        ("cost", UsageField.None, UsageField.Cost),
        ("is_byok", UsageField.None, UsageField.IsOwnKey),
        ("cost_details", UsageField.None, UsageField.CostDetails),
        ("upstream_inference_cost", UsageField.CostDetails, UsageField.UpstreamCost),
    ]);

    /// <summary>The field of this name in an object; <see cref="UsageField.None"/> for the usage object itself, and for a name that is none of ours.</summary>
    public static UsageField Find(UsageField parent, ReadOnlySpan<byte> name)
    {
        if (name.Length < ByLength.Length)
        {
            foreach (var entry in ByLength[name.Length])
            {
                if (entry.Parent == parent && name.SequenceEqual(entry.Name))
                {
                    return entry.Field;
                }
            }
        }
        return UsageField.None;
    }

    private static (byte[] Name, UsageField Parent, UsageField Field)[][] GroupByLength((string Name, UsageField Parent, UsageField Field)[] fields) =>
        [.. Enumerable.Range(0, fields.Max(static field => field.Name.Length) + 1)
            .Select(length => fields
                .Where(field => field.Name.Length == length)
                .Select(static field => (Encoding.ASCII.GetBytes(field.Name), field.Parent, field.Field))
                .ToArray())];
}
