using System.Text.Json;
using CredentialProxy.Core.Inspection;
using CredentialProxy.Core.Providers;

namespace CredentialProxy.Fuzzing.References;

/// <summary>
/// What a body says when the whole document is at hand and none of its members is there twice: the simple reading that the product's single pass over the bytes must agree with.
/// </summary>
/// <param name="Model">The model.</param>
/// <param name="IsStream">Whether a stream is asked for.</param>
/// <param name="OutputLimit">The output limit.</param>
/// <param name="Choices">How many answers are asked for.</param>
/// <param name="Thinking">The thinking budget on top of the limit.</param>
/// <param name="AsksForUsage">Whether usage at the end of the stream is asked for.</param>
internal sealed record PlainReading(string Model, bool IsStream, long? OutputLimit, long Choices, long Thinking, bool AsksForUsage)
{
    /// <summary>What the product has read.</summary>
    public static PlainReading Of(in RequestFacts facts) => new(facts.Model, facts.IsStream, facts.OutputLimit, facts.Choices, facts.ThinkingBudget, facts.AsksForUsage);

    /// <summary>Reads a document of which the product says that it is in order.</summary>
    public static PlainReading Of(InspectedCall call, JsonElement root)
    {
        var dialect = call.Dialect;
        var isOpenAI = dialect is Dialect.OpenAIChat or Dialect.OpenAICompletions;
        var config = Member(root, "generationConfig", "generation_config");
        var limit = LimitOf(dialect, root, config);
        var isStream = dialect is not (Dialect.OpenAIEmbeddings or Dialect.GeminiEmbed or Dialect.GeminiGenerate) && Member(root, "stream").ValueKind == JsonValueKind.True;
        return new PlainReading(
            call.ModelInPath ?? Text(Member(root, "model")) ?? "",
            isStream || call.IsStreamPath,
            FallbackLimitOf(dialect, root, limit),
            ChoicesOf(dialect, root, config),
            ThinkingOf(dialect, root, config, limit),
            isOpenAI && Member(Member(root, "stream_options"), "include_usage").ValueKind == JsonValueKind.True);
    }

    private static long? LimitOf(Dialect dialect, JsonElement root, JsonElement config) => dialect switch
    {
        Dialect.OpenAIChat => Largest(Positive(Member(root, "max_tokens")), Positive(Member(root, "max_completion_tokens"))),
        Dialect.OpenAICompletions => Positive(Member(root, "max_tokens")),
        Dialect.OpenAIResponses => Positive(Member(root, "max_output_tokens")),
        Dialect.AnthropicMessages => Number(Member(root, "max_tokens")),
        Dialect.GeminiGenerate => Positive(Member(config, "maxOutputTokens", "max_output_tokens")),
        _ => null,
    };

    // Anthropic's fallbacks have limits of their own, which an answer may be as long as. Elsewhere the name means nothing, or a list of models.
    private static long? FallbackLimitOf(Dialect dialect, JsonElement root, long? limit)
    {
        if (dialect != Dialect.AnthropicMessages || limit is null)
        {
            return limit;
        }
        var fallbacks = Member(root, "fallbacks");
        if (fallbacks.ValueKind is JsonValueKind.Array)
        {
            foreach (var fallback in fallbacks.EnumerateArray())
            {
                limit = Largest(limit, Positive(Member(fallback, "max_tokens")));
            }
        }
        else if (fallbacks.ValueKind is JsonValueKind.Object)
        {
            foreach (var fallback in fallbacks.EnumerateObject())
            {
                limit = Largest(limit, Positive(Member(fallback.Value, "max_tokens")));
            }
        }
        return limit;
    }

    private static long ChoicesOf(Dialect dialect, JsonElement root, JsonElement config)
    {
        var choices = dialect switch
        {
            Dialect.OpenAIChat => Number(Member(root, "n")),
            Dialect.OpenAICompletions => Largest(Number(Member(root, "n")), Number(Member(root, "best_of"))),
            Dialect.GeminiGenerate => Number(Member(config, "candidateCount", "candidate_count")),
            _ => null,
        };
        var prompt = Member(root, "prompt");
        var prompts = dialect == Dialect.OpenAICompletions && prompt.ValueKind == JsonValueKind.Array
            ? prompt.EnumerateArray().Count(element => element.ValueKind is JsonValueKind.String or JsonValueKind.Array)
            : 0;
        return Math.Max(1, choices ?? 1) * Math.Max(1, prompts);
    }

    private static long ThinkingOf(Dialect dialect, JsonElement root, JsonElement config, long? limit) => dialect switch
    {
        Dialect.AnthropicMessages => Math.Max(0, (Number(Member(Member(root, "thinking"), "budget_tokens")) ?? 0) - (limit ?? 0)),
        Dialect.OpenAIChat => Math.Max(0, BudgetIn(Member(root, "extra_body"))),
        Dialect.GeminiGenerate => Math.Max(0, Number(Member(Member(config, "thinkingConfig", "thinking_config"), "thinkingBudget", "thinking_budget")) ?? 0),
        _ => 0,
    };

    // Wherever it lies in what is meant for Google alone.
    private static long BudgetIn(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Array => element.EnumerateArray().Select(BudgetIn).DefaultIfEmpty().Max(),
        JsonValueKind.Object => element.EnumerateObject()
            .Select(member => Math.Max(BudgetIn(member.Value), member.Name is "thinking_budget" or "thinkingBudget" ? Number(member.Value) ?? 0 : 0)).DefaultIfEmpty().Max(),
        _ => 0,
    };

    private static JsonElement Member(JsonElement element, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var member))
            {
                return member;
            }
        }
        return default;
    }

    private static string? Text(JsonElement element) => element.ValueKind == JsonValueKind.String ? element.GetString() : null;

    private static long? Number(JsonElement element) => element.ValueKind == JsonValueKind.Number && element.TryGetInt64(out var number) ? number : null;

    private static long? Positive(JsonElement element) => Number(element) is > 0 and var number ? number : null;

    private static long? Largest(long? a, long? b) => a is null ? b : b is null ? a : Math.Max(a.Value, b.Value);
}
