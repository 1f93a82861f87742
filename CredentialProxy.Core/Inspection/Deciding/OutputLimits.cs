using System.Text.Json;
using CredentialProxy.Core.Providers;

namespace CredentialProxy.Core.Inspection.Deciding;

/// <summary>
/// The numbers by which a body bounds its answer: the output limit, the number of choices, the thinking budget. Where a chat names both <c>max_tokens</c> and
/// <c>max_completion_tokens</c>, OpenAI refuses and others differ in which one counts: the larger is taken.
/// </summary>
internal struct OutputLimits(Dialect dialect)
{
    /// <summary>Far above any model's output, far below where sums overflow.</summary>
    private const long MaxTokens = 1L << 40;

    /// <summary>The most that OpenAI takes as <c>n</c>, https://platform.openai.com/docs/api-reference/chat/create#chat_create-n</summary>
    private const int MaxChoices = 128;

    /// <summary>The least that OpenAI takes as <c>max_output_tokens</c>.</summary>
    private const long LeastOfResponses = 16;

    private OutputLimitPlaces _places = new(dialect switch
    {
        Dialect.OpenAIChat => BodyKey.MaxCompletionTokens,
        Dialect.OpenAICompletions => BodyKey.MaxTokens,
        _ => BodyKey.MaxOutputTokens,
    });
    private long _choices = 1;
    private long _prompts;

    /// <summary>The larger of the stated output limits; null for none.</summary>
    public long? Limit { get; private set; }

    /// <summary>The thinking budget; 0 where none is stated, or where it is the model's own choice within its limit (Gemini's −1).</summary>
    public long Thinking { get; private set; }

    /// <summary>How many answers there will be.</summary>
    public readonly int Choices => (int)Math.Min(int.MaxValue, _choices * Math.Max(1, _prompts));

    /// <summary>One more prompt of a request for completions; each is answered by itself.</summary>
    public void OnPrompt() => _prompts++;

    /// <summary>Reads a number, or says what it must be.</summary>
    public InspectionError? Read(ref Utf8JsonReader reader, BodyKey key) => key switch
    {
        BodyKey.N or BodyKey.BestOf or BodyKey.CandidateCount => ReadChoices(ref reader, key),
        BodyKey.ThinkingBudget or BodyKey.BudgetTokens => ReadThinking(ref reader, key),
        _ => ReadLimit(ref reader, key),
    };

    /// <summary>Where the limits stand, or one could be put in, so that they can be lowered.</summary>
    public readonly OutputLimitPlaces PlacesToClamp(in GenerationConfigPlace generationConfig, long insideRootAt)
    {
        var places = _places;
        switch (dialect)
        {
            case Dialect.OpenAIChat:
                (places.InsertAt, places.InsertText) = (insideRootAt, ("\"max_completion_tokens\":", ","));
                break;
            case Dialect.OpenAICompletions:
                (places.InsertAt, places.InsertText) = (insideRootAt, ("\"max_tokens\":", ","));
                break;
            case Dialect.OpenAIResponses:
                (places.InsertAt, places.InsertText, places.LeastTokens) = (insideRootAt, ("\"max_output_tokens\":", ","), LeastOfResponses);
                break;
            case Dialect.AnthropicMessages:
                // Anthropic refuses a limit that thinking alone would use up.
                places.LeastTokens = Thinking == 0 ? 0 : Thinking + 1;
                break;
            case Dialect.GeminiGenerate:
                generationConfig.Describe(ref places, insideRootAt);
                break;
        }
        return places;
    }

    private InspectionError? ReadChoices(ref Utf8JsonReader reader, BodyKey key)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }
        // Proto JSON's 0 is an absent number.
        var least = key == BodyKey.CandidateCount ? 0 : 1;
        if (!TryReadWhole(ref reader, least, MaxChoices, out var number))
        {
            return MustBe(key, $"a whole number from 1 to {MaxChoices}");
        }
        _choices = Math.Max(_choices, number);
        return null;
    }

    private InspectionError? ReadThinking(ref Utf8JsonReader reader, BodyKey key)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }
        if (!TryReadWhole(ref reader, key == BodyKey.ThinkingBudget ? -1 : 0, MaxTokens, out var number))
        {
            return MustBe(key, "a whole number of tokens");
        }
        Thinking = Math.Max(0, number);
        return null;
    }

    private InspectionError? ReadLimit(ref Utf8JsonReader reader, BodyKey key)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            _places.AddUnlimited(key, reader.TokenStartIndex, 4);
            return null;
        }
        if (!TryReadWhole(ref reader, 0, MaxTokens, out var number))
        {
            return MustBe(key, $"a whole number from 0 to {MaxTokens}");
        }
        var length = reader.HasValueSequence ? (int)reader.ValueSequence.Length : reader.ValueSpan.Length;
        if (number == 0 && dialect != Dialect.AnthropicMessages)
        {
            // Proto JSON's 0 is an absent number, and many an OpenAI-compatible server takes 0 for none. Anthropic alone documents it as a limit.
            _places.AddUnlimited(key, reader.TokenStartIndex, length);
            return null;
        }
        Limit = Math.Max(Limit ?? 0, number);
        _places.Add(reader.TokenStartIndex, length, number);
        return null;
    }

    private static bool TryReadWhole(ref Utf8JsonReader reader, long least, long most, out long number)
    {
        number = 0;
        return reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out number) && number >= least && number <= most;
    }

    private readonly InspectionError MustBe(BodyKey key, string what)
    {
        var name = DecidingMembers.NameOf(dialect, key);
        return new InspectionError($"'{name}' must be {what}.", name);
    }
}
