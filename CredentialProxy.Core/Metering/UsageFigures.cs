using System.Runtime.CompilerServices;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Usage;

namespace CredentialProxy.Core.Metering;

/// <summary>
/// The figures that an answer has stated so far. What one event leaves out an earlier one has said, and the last word on each counts: Anthropic tells the input at the start and
/// the output at the end, Gemini repeats growing sums.
/// </summary>
internal struct UsageFigures
{
    private Counts _counts;
    private ulong _stated;
    private decimal? _costUsd;
    private decimal? _upstreamCostUsd;

    /// <summary>Whether OpenRouter charged the customer's own key at the model's provider, so that its own cost is its fee alone.</summary>
    public bool IsOwnKey { get; set; }

    /// <summary>The tier at which the answer was served; null where it doesn't say.</summary>
    public ServiceTier? Tier { get; set; }

    /// <summary>The speed at which it was served, in Anthropic's words; null where it doesn't say.</summary>
    public ServiceTier? Speed { get; set; }

    /// <summary>Where it was made; null where it doesn't say.</summary>
    public InferenceGeo? Geo { get; set; }

    /// <summary>The calls of tools that it has stated.</summary>
    public readonly ToolCalls Calls => new() { WebSearches = Count(UsageField.WebSearches), WebFetches = Count(UsageField.WebFetches) };

    /// <summary>Whether the input is known.</summary>
    public readonly bool HasInput => IsStated(UsageField.Input);

    /// <summary>Whether the output is known: Google leaves out a count of 0, and some of those that speak OpenAI's dialect have it in the total alone.</summary>
    public readonly bool HasOutput(Dialect dialect) => dialect switch
    {
        Dialect.OpenAIEmbeddings or Dialect.GeminiEmbed or Dialect.GeminiGenerate => true,
        Dialect.OpenAIChat or Dialect.OpenAICompletions => IsStated(UsageField.Output) || IsStated(UsageField.Total),
        _ => IsStated(UsageField.Output),
    };

    /// <summary>Whether every figure stated is 0.</summary>
    public readonly bool IsZero =>
        Of(UsageField.Input) == 0 && Of(UsageField.Output) == 0 && Of(UsageField.Total) == 0 && Of(UsageField.Cached) == 0 && Of(UsageField.CacheWrite) == 0;

    /// <summary>States a figure.</summary>
    public void Set(UsageField field, long number)
    {
        _counts[(int)field] = number;
        _stated |= 1UL << (int)field;
    }

    /// <summary>Adds to a figure.</summary>
    public void Add(UsageField field, long number) => Set(field, Sum(Of(field), number));

    /// <summary>States a cost in dollars; one that can't be counts as none.</summary>
    public void SetCost(UsageField field, decimal? usd)
    {
        var plausible = usd is >= 0 && usd <= MicroUsd.ToUsd(Limit.MaxAmount) ? usd : null;
        if (field == UsageField.Cost)
        {
            _costUsd = plausible;
        }
        else
        {
            _upstreamCostUsd = plausible;
        }
    }

    /// <summary>The figures in the one shape that all dialects share.</summary>
    public readonly TokenUsage Normalize(Dialect dialect)
    {
        var (input, written) = InputOf(dialect);
        var output = OutputOf(dialect, input);
        input = Sum(input, Of(UsageField.FurtherInput));
        output = Sum(output, Of(UsageField.FurtherOutput));
        var cached = Math.Min(Sum(Of(UsageField.Cached), Of(UsageField.FurtherCached)), input);
        written = Math.Min(Sum(written, Of(UsageField.FurtherCacheWrite)), input - cached);
        var writtenForLong = Math.Min(Sum(Of(UsageField.CacheWriteHour), Of(UsageField.FurtherCacheWriteHour)), written);
        return new TokenUsage
        {
            InputTokens = input,
            CachedInputTokens = cached,
            CacheWriteTokens = written - writtenForLong,
            CacheWriteHourTokens = writtenForLong,
            AudioInputTokens = Math.Min(Of(UsageField.AudioInput), input),
            CachedAudioInputTokens = Math.Min(Of(UsageField.CachedAudioInput), Math.Min(cached, Of(UsageField.AudioInput))),
            ImageInputTokens = Math.Min(Of(UsageField.ImageInput), input),
            VideoInputTokens = Math.Min(Of(UsageField.VideoInput), input),
            OutputTokens = output,
            ReasoningTokens = Math.Min(Of(UsageField.Reasoning), output),
            AudioOutputTokens = Math.Min(Of(UsageField.AudioOutput), output),
            ImageOutputTokens = Math.Min(Of(UsageField.ImageOutput), output),
            VideoOutputTokens = Math.Min(Of(UsageField.VideoOutput), output),
            ReportedCostMicroUsd = CostMicroUsd(),
        };
    }

    private readonly (long Input, long Written) InputOf(Dialect dialect)
    {
        var input = Of(UsageField.Input);
        var written = Math.Max(Of(UsageField.CacheWrite), Sum(Of(UsageField.CacheWriteShort), Of(UsageField.CacheWriteHour)));
        return dialect switch
        {
            // Its input_tokens leave out what was read from or written to a cache.
            Dialect.AnthropicMessages => (Sum(Sum(input, Of(UsageField.Cached)), written), written),
            Dialect.GeminiGenerate => (Sum(input, Of(UsageField.ToolInput)), 0),
            _ => (input, written),
        };
    }

    private readonly long OutputOf(Dialect dialect, long input)
    {
        var output = Of(UsageField.Output);
        return dialect switch
        {
            Dialect.GeminiGenerate => Math.Max(Sum(output, Of(UsageField.Reasoning)), Of(UsageField.Total) - input),
            // Gemini's OpenAI surface, for one, counts thoughts in the total alone.
            Dialect.OpenAIChat or Dialect.OpenAICompletions => Math.Max(output, Of(UsageField.Total) - input),
            _ => output,
        };
    }

    private readonly long? CostMicroUsd()
    {
        if (_costUsd is not { } usd)
        {
            return null;
        }
        usd += IsOwnKey ? _upstreamCostUsd ?? 0 : 0;
        return (long)Math.Min(Limit.MaxAmount, decimal.Ceiling(usd * MicroUsd.PerUsd));
    }

    private readonly bool IsStated(UsageField field) => (_stated & (1UL << (int)field)) != 0;

    private readonly long Of(UsageField field) => _counts[(int)field];

    private readonly int Count(UsageField field) => (int)Math.Min(int.MaxValue, Of(field));

    /// <summary>The sum, within what an amount can be.</summary>
    public static long Sum(long a, long b) => Math.Min(Limit.MaxAmount, a + b);

    [InlineArray((int)UsageField.FurtherCacheWriteHour + 1)]
    private struct Counts
    {
        private long _first;
    }
}
