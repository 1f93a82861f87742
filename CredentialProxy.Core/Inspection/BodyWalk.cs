using System.Text.Json;
using CredentialProxy.Core.Providers;

namespace CredentialProxy.Core.Inspection;

/// <summary>
/// One pass over a body. Members that decide are read where they stand: at the root, in <c>stream_options</c>, in Gemini's <c>generationConfig</c>. Everything else
/// is counted as input, unless it is media.
/// </summary>
internal ref struct BodyWalk(Dialect dialect)
{
    // Beginning of a chat and priming of the answer; messages count their own member names, which outweigh their framing.
    private const int FramingTokens = 16;

    // The system prompt that providers add for tools: Anthropic documents up to 530 tokens for its models.
    private const int ToolsTokens = 1024;

    private const long MaxTokenNumber = 1L << 40;
    private const int MaxChoices = 128;

    private BodyKeyPath _path;
    private MediaParts _media;
    private OutputLimitPlaces _places;
    private string? _model;
    private bool _isStream;
    private bool? _includeUsage;
    private long _afterRootBrace;
    private bool _isRootEmpty = true;
    private (long Start, int Length, char Kind) _streamOptions;
    private (long Start, int Length) _includeUsageAt;
    private bool _areStreamOptionsEmpty = true;
    private long _generationConfigAt;
    private bool _isGenerationConfigEmpty = true;
    private long? _outputLimit;
    private long _choices = 1;
    private long _prompts;
    private long _thinkingBudget;
    private long _textBytes;
    private bool _hasTools;
    private bool _hasUnseenInput;
    private bool _wantsCacheWrite;
    private bool _wantsCacheHour;
    private uint _seen;

    public InspectionError? Run(ref Utf8JsonReader reader)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return new InspectionError("The body must be a JSON object.");
        }
        _afterRootBrace = reader.BytesConsumed;
        while (reader.Read())
        {
            var error = reader.TokenType switch
            {
                JsonTokenType.PropertyName => OnName(ref reader),
                JsonTokenType.StartObject or JsonTokenType.StartArray => OnStart(ref reader),
                JsonTokenType.EndObject or JsonTokenType.EndArray => OnEnd(ref reader),
                _ => OnValue(ref reader),
            };
            if (error is not null)
            {
                return error;
            }
        }
        return null;
    }

    public readonly InspectionError? Conclude(string? modelInPath, bool isStreamPath, out RequestFacts facts)
    {
        facts = default;
        var model = _model;
        if (modelInPath is not null)
        {
            if (model is not null && model != modelInPath && model != "models/" + modelInPath)
            {
                return new InspectionError("The body's model is another than the path's.", "model");
            }
            model = modelInPath;
        }
        if (string.IsNullOrEmpty(model))
        {
            return new InspectionError("The body names no model; 'model' must be a string.", "model");
        }
        if (dialect == Dialect.AnthropicMessages && _outputLimit is null)
        {
            return new InspectionError("'max_tokens' is required: a whole number of output tokens.", "max_tokens");
        }
        facts.Model = model;
        facts.IsStream = _isStream || isStreamPath;
        facts.OutputLimit = _outputLimit;
        facts.Choices = (int)Math.Min(int.MaxValue, _choices * Math.Max(1, _prompts));
        facts.InputTextBytes = _textBytes;
        facts.InputTokenBound = FramingTokens + _textBytes + _media.TokenBound(model) + (_hasTools ? ToolsTokens : 0);
        facts.ThinkingBudget = dialect == Dialect.AnthropicMessages ? Math.Max(0, _thinkingBudget - (_outputLimit ?? 0)) : _thinkingBudget;
        facts.HasUnseenInput = _hasUnseenInput || _media.HasUnseen;
        facts.WantsCacheWrite = _wantsCacheWrite;
        facts.WantsCacheHour = _wantsCacheHour;
        facts.UsageEdit = facts.IsStream && (dialect is Dialect.OpenAIChat or Dialect.OpenAICompletions) ? UsageEdit() : null;
        facts.Places = PlacesToClamp();
        return null;
    }

    private InspectionError? OnName(ref Utf8JsonReader reader)
    {
        var key = BodyKeys.Read(ref reader);
        var depth = reader.CurrentDepth;
        _path.Set(depth, key);
        if (depth == 1)
        {
            _isRootEmpty = false;
            return NoteOnce(key);
        }
        _areStreamOptionsEmpty &= !(depth == 2 && _path.At(1) == BodyKey.StreamOptions);
        if (IsInGenerationConfig(depth))
        {
            _isGenerationConfigEmpty = false;
            return NoteOnce(key);
        }
        if (depth == 2 && _path.At(1) == BodyKey.StreamOptions)
        {
            return key == BodyKey.IncludeUsage ? NoteOnce(key) : null;
        }
        Count(ref reader);
        if (key == BodyKey.Unseen && !IsInTools())
        {
            _hasUnseenInput = true;
        }
        return null;
    }

    // A member that decides may stand there once: of two, providers take the last and others the first.
    private InspectionError? NoteOnce(BodyKey key)
    {
        if (key is BodyKey.Other or BodyKey.Unseen or BodyKey.Data or BodyKey.Url or BodyKey.Ttl or BodyKey.MediaType)
        {
            return null;
        }
        var bit = 1u << (int)key;
        if ((_seen & bit) != 0)
        {
            return new InspectionError($"A member of the body is there twice ({key}); which one counts can't be told.");
        }
        _seen |= bit;
        return null;
    }

    private InspectionError? OnStart(ref Utf8JsonReader reader)
    {
        var depth = reader.CurrentDepth;
        var key = _path.At(depth);
        var isObject = reader.TokenType == JsonTokenType.StartObject;
        _media.OnStart(depth + 1);
        // Objects inside an array have no name of their own: what lies in them must not inherit an older one.
        _path.Clear(depth + 1);
        _wantsCacheWrite |= key == BodyKey.CacheControl && isObject;
        if (depth == 1)
        {
            switch (key)
            {
                case BodyKey.Unseen:
                    _hasUnseenInput = true;
                    return null;
                case BodyKey.StreamOptions when isObject:
                    _streamOptions = (reader.TokenStartIndex, 1, '{');
                    return null;
                case BodyKey.GenerationConfig when isObject && IsGemini:
                    _generationConfigAt = reader.BytesConsumed;
                    return null;
                case BodyKey.Tools:
                    _hasTools = true;
                    return null;
                case BodyKey.Prompt when isObject:
                    // A stored prompt of the responses API.
                    _hasUnseenInput = true;
                    return null;
                case BodyKey.Model or BodyKey.Stream or BodyKey.StreamOptions or BodyKey.MaxTokens or BodyKey.MaxCompletionTokens or BodyKey.MaxOutputTokens or BodyKey.N or BodyKey.BestOf:
                    return WrongType(key);
                default:
                    return null;
            }
        }
        if (IsInGenerationConfig(depth) && (key is BodyKey.MaxOutputTokens or BodyKey.CandidateCount))
        {
            return WrongType(key);
        }
        // Prompts that are arrays of token numbers, or of strings: each is answered by itself.
        if (depth == 2 && !isObject && _path.At(1) == BodyKey.Prompt)
        {
            _prompts++;
        }
        return null;
    }

    private InspectionError? OnEnd(ref Utf8JsonReader reader)
    {
        if (reader.CurrentDepth == 1 && _path.At(1) == BodyKey.StreamOptions && _streamOptions.Kind == '{')
        {
            _streamOptions.Length = checked((int)Math.Min(int.MaxValue, reader.BytesConsumed - _streamOptions.Start));
        }
        _media.OnEnd(reader.CurrentDepth + 1);
        return null;
    }

    private InspectionError? OnValue(ref Utf8JsonReader reader)
    {
        var depth = reader.CurrentDepth;
        var key = _path.At(depth);
        if (depth == 1)
        {
            return OnRootValue(ref reader, key);
        }
        if (depth == 2 && _path.At(1) == BodyKey.StreamOptions)
        {
            return key == BodyKey.IncludeUsage ? ReadIncludeUsage(ref reader) : null;
        }
        if (IsInGenerationConfig(depth) || IsThinking(depth))
        {
            return ReadNumber(ref reader, key);
        }
        if (depth == 2 && _path.At(1) == BodyKey.Prompt && reader.TokenType == JsonTokenType.String)
        {
            _prompts++;
        }
        if (key == BodyKey.Ttl && _path.At(depth - 1) == BodyKey.CacheControl)
        {
            _wantsCacheHour |= reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("1h"u8);
        }
        if (reader.TokenType == JsonTokenType.String && !IsInTools() && _media.TryTake(ref reader, key, depth, _path.At(depth - 1)))
        {
            return null;
        }
        Count(ref reader);
        return null;
    }

    private InspectionError? OnRootValue(ref Utf8JsonReader reader, BodyKey key)
    {
        switch (key)
        {
            case BodyKey.Model:
                return ReadModel(ref reader);
            case BodyKey.Stream:
                _isStream = reader.TokenType == JsonTokenType.True;
                return reader.TokenType is JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null ? null : new InspectionError("'stream' must be true or false.", "stream");
            case BodyKey.StreamOptions:
                _streamOptions = (reader.TokenStartIndex, 4, 'n');
                return reader.TokenType == JsonTokenType.Null ? null : WrongType(key);
            case BodyKey.Input or BodyKey.Prompt or BodyKey.System or BodyKey.Instructions:
                Count(ref reader);
                return null;
            case BodyKey.Unseen:
                _hasUnseenInput |= reader.TokenType != JsonTokenType.Null;
                return null;
            default:
                return ReadNumber(ref reader, key);
        }
    }

    private InspectionError? ReadModel(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            return new InspectionError("'model' must be a string.", "model");
        }
        Span<byte> name = stackalloc byte[ModelNames.MaxLength];
        var length = reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length;
        if (length > name.Length)
        {
            return new InspectionError($"'model' must be at most {ModelNames.MaxLength} bytes.", "model");
        }
        name = name[..reader.CopyString(name)];
        if (name.ContainsAnyExceptInRange((byte)'!', (byte)'~'))
        {
            return new InspectionError("'model' must be made of printable ASCII characters without blanks.", "model");
        }
        _model = ModelNames.Get(name);
        return null;
    }

    private InspectionError? ReadIncludeUsage(ref Utf8JsonReader reader)
    {
        _includeUsage = reader.TokenType == JsonTokenType.True;
        _includeUsageAt = (reader.TokenStartIndex, reader.TokenType switch { JsonTokenType.True or JsonTokenType.Null => 4, _ => 5 });
        return reader.TokenType is JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null
            ? null
            : new InspectionError("'stream_options.include_usage' must be true or false.", "stream_options.include_usage");
    }

    private InspectionError? ReadNumber(ref Utf8JsonReader reader, BodyKey key)
    {
        if (!Decides(key) || reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }
        if (key is BodyKey.ThinkingBudget or BodyKey.BudgetTokens)
        {
            // −1 asks Gemini to think as long as it sees fit, within the model's output limit.
            return reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out _thinkingBudget) && _thinkingBudget is >= -1 and <= MaxTokenNumber
                ? KeepThinking()
                : new InspectionError("The thinking budget must be a whole number of tokens.", "thinking");
        }
        if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var number) || number < 0 || number > MaxTokenNumber)
        {
            return WrongType(key);
        }
        if (key is BodyKey.N or BodyKey.BestOf or BodyKey.CandidateCount)
        {
            _choices = Math.Max(_choices, number);
            return number is >= 1 and <= MaxChoices ? null : WrongType(key);
        }
        _outputLimit = Math.Max(_outputLimit ?? 0, number);
        _places.Add(reader.TokenStartIndex, reader.HasValueSequence ? (int)reader.ValueSequence.Length : reader.ValueSpan.Length, number);
        return null;
    }

    private InspectionError? KeepThinking()
    {
        _thinkingBudget = Math.Max(0, _thinkingBudget);
        return null;
    }

    private readonly bool Decides(BodyKey key) => (dialect, key) switch
    {
        (Dialect.OpenAIChat, BodyKey.MaxTokens or BodyKey.MaxCompletionTokens or BodyKey.N) => true,
        (Dialect.OpenAICompletions, BodyKey.MaxTokens or BodyKey.N or BodyKey.BestOf) => true,
        (Dialect.OpenAIResponses, BodyKey.MaxOutputTokens) => true,
        (Dialect.AnthropicMessages, BodyKey.MaxTokens or BodyKey.BudgetTokens) => true,
        (Dialect.GeminiGenerate, BodyKey.MaxOutputTokens or BodyKey.CandidateCount or BodyKey.ThinkingBudget) => true,
        _ => false,
    };

    private readonly bool IsGemini => dialect == Dialect.GeminiGenerate;

    private readonly bool IsInGenerationConfig(int depth) =>
        IsGemini && _path.At(1) == BodyKey.GenerationConfig && (depth == 2 || (depth == 3 && _path.At(2) == BodyKey.ThinkingConfig));

    private readonly bool IsThinking(int depth) => dialect == Dialect.AnthropicMessages && depth == 2 && _path.At(1) == BodyKey.Thinking;

    private readonly bool IsInTools() => _path.At(1) == BodyKey.Tools;

    private void Count(ref Utf8JsonReader reader) => _textBytes += reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length;

    private static InspectionError WrongType(BodyKey key) => key switch
    {
        BodyKey.Model => new InspectionError("'model' must be a string.", "model"),
        BodyKey.Stream => new InspectionError("'stream' must be true or false.", "stream"),
        BodyKey.StreamOptions => new InspectionError("'stream_options' must be an object.", "stream_options"),
        BodyKey.N or BodyKey.BestOf or BodyKey.CandidateCount => new InspectionError($"'{NameOf(key)}' must be a whole number from 1 to {MaxChoices}.", NameOf(key)),
        _ => new InspectionError($"'{NameOf(key)}' must be a whole number of tokens, at least 0.", NameOf(key)),
    };

    private static string NameOf(BodyKey key) => key switch
    {
        BodyKey.N => "n",
        BodyKey.BestOf => "best_of",
        BodyKey.CandidateCount => "generationConfig.candidateCount",
        BodyKey.MaxTokens => "max_tokens",
        BodyKey.MaxCompletionTokens => "max_completion_tokens",
        _ => "max_output_tokens",
    };

    private readonly BodyEdit? UsageEdit()
    {
        if (_includeUsage == true)
        {
            return null;
        }
        if (_includeUsageAt.Length > 0)
        {
            return new BodyEdit(_includeUsageAt.Start, _includeUsageAt.Length, "true"u8.ToArray());
        }
        return _streamOptions.Kind switch
        {
            '{' => new BodyEdit(_streamOptions.Start + 1, 0, _areStreamOptionsEmpty ? UsageMember : UsageMemberAndComma),
            'n' => new BodyEdit(_streamOptions.Start, _streamOptions.Length, UsageObject),
            _ => new BodyEdit(_afterRootBrace, 0, _isRootEmpty ? RootMember : RootMemberAndComma),
        };
    }

    private static readonly byte[] UsageMember = "\"include_usage\":true"u8.ToArray();
    private static readonly byte[] UsageMemberAndComma = "\"include_usage\":true,"u8.ToArray();
    private static readonly byte[] UsageObject = "{\"include_usage\":true}"u8.ToArray();
    private static readonly byte[] RootMember = "\"stream_options\":{\"include_usage\":true}"u8.ToArray();
    private static readonly byte[] RootMemberAndComma = "\"stream_options\":{\"include_usage\":true},"u8.ToArray();

    private readonly OutputLimitPlaces PlacesToClamp()
    {
        var places = _places;
        var comma = _isRootEmpty ? "" : ",";
        (places.InsertAt, places.InsertText) = dialect switch
        {
            Dialect.OpenAIChat => (_afterRootBrace, ("\"max_completion_tokens\":", comma)),
            Dialect.OpenAICompletions => (_afterRootBrace, ("\"max_tokens\":", comma)),
            Dialect.OpenAIResponses => (_afterRootBrace, ("\"max_output_tokens\":", comma)),
            Dialect.GeminiGenerate when _generationConfigAt > 0 => (_generationConfigAt, ("\"maxOutputTokens\":", _isGenerationConfigEmpty ? "" : ",")),
            Dialect.GeminiGenerate => (_afterRootBrace, ("\"generationConfig\":{\"maxOutputTokens\":", "}" + comma)),
            _ => (0L, ("", "")),
        };
        return places;
    }
}
