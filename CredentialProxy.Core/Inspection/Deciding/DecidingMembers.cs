using CredentialProxy.Core.Providers;

namespace CredentialProxy.Core.Inspection.Deciding;

/// <summary>
/// Which members decide about a request, and where they stand. Sources: the request types of openai-node (https://github.com/openai/openai-node/tree/master/src/resources),
/// anthropic-sdk-typescript (https://github.com/anthropics/anthropic-sdk-typescript/blob/main/src/resources/messages/messages.ts) and Google's reference
/// (https://ai.google.dev/api/generate-content#generationconfig).
/// </summary>
internal static class DecidingMembers
{
    /// <summary>Which object the members at this depth belong to.</summary>
    public static BodyPlace PlaceOf(in BodyKeyPath path, int depth) => depth switch
    {
        1 => BodyPlace.Root,
        2 => path.At(1) switch
        {
            BodyKey.StreamOptions => BodyPlace.StreamOptions,
            BodyKey.GenerationConfig => BodyPlace.GenerationConfig,
            BodyKey.Thinking => BodyPlace.Thinking,
            BodyKey.Provider => BodyPlace.Provider,
            _ => BodyPlace.Elsewhere,
        },
        3 when path.At(1) == BodyKey.GenerationConfig && path.At(2) == BodyKey.ThinkingConfig => BodyPlace.ThinkingConfig,
        3 when path.At(1) == BodyKey.Provider && path.At(2) == BodyKey.MaxPrice => BodyPlace.MaxPrice,
        _ => BodyPlace.Elsewhere,
    };

    /// <summary>Whether the provider turns on this member there.</summary>
    public static bool Decides(Dialect dialect, BodyPlace place, BodyKey key) => place switch
    {
        BodyPlace.Root => DecidesAtRoot(dialect, key),
        BodyPlace.StreamOptions => key == BodyKey.IncludeUsage && TakesUsageOption(dialect),
        BodyPlace.Thinking => key == BodyKey.BudgetTokens && dialect == Dialect.AnthropicMessages,
        BodyPlace.GenerationConfig => key is BodyKey.MaxOutputTokens or BodyKey.CandidateCount or BodyKey.ThinkingConfig && dialect == Dialect.GeminiGenerate,
        BodyPlace.ThinkingConfig => key == BodyKey.ThinkingBudget && dialect == Dialect.GeminiGenerate,
        BodyPlace.Provider => key == BodyKey.MaxPrice && IsRouted(dialect),
        BodyPlace.MaxPrice => key is BodyKey.Prompt or BodyKey.Completion && IsRouted(dialect),
        _ => false,
    };

    /// <summary>Whether Gemini has a second spelling, in camel case, for a member that decides in other dialects too.</summary>
    public static bool HasTwoSpellings(BodyKey key) => key is BodyKey.MaxOutputTokens or BodyKey.ServiceTier;

    /// <summary>Whether a stream tells its usage only when it is asked to.</summary>
    public static bool TakesUsageOption(Dialect dialect) => dialect is Dialect.OpenAIChat or Dialect.OpenAICompletions;

    /// <summary>The name of a deciding member, as a client's developer knows it.</summary>
    public static string NameOf(Dialect dialect, BodyKey key) => key switch
    {
        BodyKey.Model => "model",
        BodyKey.Stream => "stream",
        BodyKey.StreamOptions => "stream_options",
        BodyKey.IncludeUsage => "stream_options.include_usage",
        BodyKey.MaxTokens => "max_tokens",
        BodyKey.MaxCompletionTokens => "max_completion_tokens",
        BodyKey.MaxOutputTokens => dialect == Dialect.GeminiGenerate ? "generationConfig.maxOutputTokens" : "max_output_tokens",
        BodyKey.N => "n",
        BodyKey.BestOf => "best_of",
        BodyKey.CandidateCount => "generationConfig.candidateCount",
        BodyKey.GenerationConfig => "generationConfig",
        BodyKey.ThinkingConfig => "generationConfig.thinkingConfig",
        BodyKey.ThinkingBudget => "generationConfig.thinkingConfig.thinkingBudget",
        BodyKey.Thinking => "thinking",
        BodyKey.BudgetTokens => "thinking.budget_tokens",
        BodyKey.ServiceTier => dialect == Dialect.GeminiGenerate ? "serviceTier" : "service_tier",
        BodyKey.Speed => "speed",
        BodyKey.InferenceGeo => "inference_geo",
        BodyKey.MaxToolCalls => "max_tool_calls",
        BodyKey.Prediction => "prediction",
        BodyKey.Provider => "provider",
        BodyKey.MaxPrice => "provider.max_price",
        BodyKey.Prompt => "provider.max_price.prompt",
        BodyKey.Completion => "provider.max_price.completion",
        _ => throw new ArgumentOutOfRangeException(nameof(key), key, "The member decides nothing."),
    };

    private static bool DecidesAtRoot(Dialect dialect, BodyKey key) => key switch
    {
        BodyKey.Model => true,
        BodyKey.Stream => dialect is Dialect.OpenAIChat or Dialect.OpenAICompletions or Dialect.OpenAIResponses or Dialect.AnthropicMessages,
        BodyKey.StreamOptions => TakesUsageOption(dialect),
        BodyKey.MaxTokens => dialect is Dialect.OpenAIChat or Dialect.OpenAICompletions or Dialect.AnthropicMessages,
        BodyKey.MaxCompletionTokens => dialect == Dialect.OpenAIChat,
        BodyKey.MaxOutputTokens => dialect == Dialect.OpenAIResponses,
        BodyKey.N => dialect is Dialect.OpenAIChat or Dialect.OpenAICompletions,
        BodyKey.BestOf => dialect == Dialect.OpenAICompletions,
        BodyKey.GenerationConfig => dialect == Dialect.GeminiGenerate,
        BodyKey.Thinking => dialect == Dialect.AnthropicMessages,
        BodyKey.ServiceTier => dialect is Dialect.OpenAIChat or Dialect.OpenAIResponses or Dialect.AnthropicMessages or Dialect.GeminiGenerate,
        BodyKey.Speed or BodyKey.InferenceGeo => dialect == Dialect.AnthropicMessages,
        BodyKey.MaxToolCalls => dialect is Dialect.OpenAIChat or Dialect.OpenAIResponses,
        BodyKey.Prediction => dialect == Dialect.OpenAIChat,
        BodyKey.Provider => IsRouted(dialect),
        _ => false,
    };

    // What a router may stand behind.
    private static bool IsRouted(Dialect dialect) =>
        dialect is Dialect.OpenAIChat or Dialect.OpenAICompletions or Dialect.OpenAIResponses or Dialect.OpenAIEmbeddings or Dialect.AnthropicMessages;
}
