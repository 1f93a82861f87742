namespace CredentialProxy.Core.Usage;

/// <summary>
/// Tokens that a provider says it processed, in one shape for all providers. Input counts everything the model read and output everything
/// it wrote, as the OpenTelemetry GenAI conventions define <c>gen_ai.usage.input_tokens</c> and <c>gen_ai.usage.output_tokens</c>; the other
/// fields are parts of those two.
/// </summary>
public readonly record struct TokenUsage
{
    /// <summary>All input tokens, those read from and written to a cache included.</summary>
    public long InputTokens { get; init; }

    /// <summary>Input tokens read from a cache; part of <see cref="InputTokens"/>.</summary>
    public long CachedInputTokens { get; init; }

    /// <summary>Input tokens written to a cache with the provider's short lifetime (Anthropic: 5 minutes); part of <see cref="InputTokens"/>.</summary>
    public long CacheWriteTokens { get; init; }

    /// <summary>Input tokens written to a cache for long (Anthropic: an hour, OpenAI: twelve); part of <see cref="InputTokens"/>, not of <see cref="CacheWriteTokens"/>.</summary>
    public long CacheWriteHourTokens { get; init; }

    /// <summary>Audio input tokens; part of <see cref="InputTokens"/>.</summary>
    public long AudioInputTokens { get; init; }

    /// <summary>Audio input tokens read from a cache; part of <see cref="AudioInputTokens"/> and of <see cref="CachedInputTokens"/>.</summary>
    public long CachedAudioInputTokens { get; init; }

    /// <summary>Image input tokens; part of <see cref="InputTokens"/>.</summary>
    public long ImageInputTokens { get; init; }

    /// <summary>Video input tokens; part of <see cref="InputTokens"/>.</summary>
    public long VideoInputTokens { get; init; }

    /// <summary>All output tokens, reasoning included.</summary>
    public long OutputTokens { get; init; }

    /// <summary>Output tokens spent on reasoning; part of <see cref="OutputTokens"/>.</summary>
    public long ReasoningTokens { get; init; }

    /// <summary>Audio output tokens; part of <see cref="OutputTokens"/>.</summary>
    public long AudioOutputTokens { get; init; }

    /// <summary>Image output tokens; part of <see cref="OutputTokens"/>.</summary>
    public long ImageOutputTokens { get; init; }

    /// <summary>Video output tokens; part of <see cref="OutputTokens"/>.</summary>
    public long VideoOutputTokens { get; init; }

    /// <summary>The cost that the provider itself reports (OpenRouter's <c>usage.cost</c>), in micro-dollars rounded up; null where it reports none.</summary>
    public long? ReportedCostMicroUsd { get; init; }

    /// <summary>Input and output together: what a limit in <c>tokens</c> counts.</summary>
    public long TotalTokens => InputTokens + OutputTokens;
}
