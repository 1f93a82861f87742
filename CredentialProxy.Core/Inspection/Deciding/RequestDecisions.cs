using System.Text.Json;
using CredentialProxy.Core.Inspection.Extras;
using CredentialProxy.Core.Providers;

namespace CredentialProxy.Core.Inspection.Deciding;

/// <summary>What the deciding members of a body say, each of which may be there once, in its own type.</summary>
internal struct RequestDecisions(Dialect dialect)
{
    private OutputLimits _limits = new(dialect);
    private TermsAsked _terms = new(dialect);
    private UsageOption _usage;
    private GenerationConfigPlace _generationConfig;
    private string? _model;
    private string? _nestedModel;
    private RouterPrices? _router;
    private ToolCallsBound _toolCalls;
    private bool _isStream;
    private bool _isRootEmpty = true;
    private long _insideRootAt;
    private long _predictionAt;
    private long _predictionBytes;
    private UInt128 _decided;

    /// <summary>The body begins with an object, right before this offset.</summary>
    public void OnRoot(long insideAt) => _insideRootAt = insideAt;

    /// <summary>One more prompt of a request for completions; each is answered by itself.</summary>
    public void OnPrompt() => _limits.OnPrompt();

    /// <summary>A member of an object that may decide.</summary>
    public InspectionError? OnName(ref Utf8JsonReader reader, BodyPlace place, BodyKey key)
    {
        _isRootEmpty = false;
        if (place == BodyPlace.StreamOptions)
        {
            _usage.OnMember();
        }
        else if (place == BodyPlace.GenerationConfig)
        {
            _generationConfig.HasMembers = true;
        }
        else if (place is BodyPlace.Provider or BodyPlace.MaxPrice)
        {
            _router?.OnMember(place);
        }
        if (!DecidingMembers.Decides(dialect, place, key))
        {
            return RefuseOtherCase(ref reader, place);
        }
        // Google's other spelling of its members is to everybody else a name that says nothing, and must not seem to bound anything.
        return dialect != Dialect.GeminiGenerate && DecidingMembers.HasTwoSpellings(key) && BodyKeys.HasCapitals(ref reader)
            ? Refuse(key, "must be written in lower case")
            : DecideOnce(key);
    }

    /// <summary>A deciding member's value is an object or an array.</summary>
    public InspectionError? OnStart(ref Utf8JsonReader reader, BodyKey key, bool isObject)
    {
        switch (key)
        {
            case BodyKey.StreamOptions when isObject:
                _usage.OnObject(reader.BytesConsumed);
                return null;
            case BodyKey.GenerationConfig when isObject:
                _generationConfig.InsideAt = reader.BytesConsumed;
                return null;
            case BodyKey.Provider or BodyKey.MaxPrice when isObject:
                (_router ??= new RouterPrices()).OnObject(key, reader.BytesConsumed);
                return null;
            case BodyKey.Prediction:
                _predictionAt = reader.TokenStartIndex;
                return null;
            case BodyKey.Thinking or BodyKey.ThinkingConfig when isObject:
                return null;
            default:
                return OnValue(ref reader, key);
        }
    }

    /// <summary>The object or array ends that is a member of the body itself.</summary>
    public void OnRootMemberEnd(long consumed)
    {
        if (_predictionAt > 0)
        {
            _predictionBytes = consumed - _predictionAt;
            _predictionAt = 0;
        }
    }

    /// <summary>A deciding member's value; anything that is not of its type is refused.</summary>
    public InspectionError? OnValue(ref Utf8JsonReader reader, BodyKey key)
    {
        var type = reader.TokenType;
        switch (key)
        {
            case BodyKey.Model:
                return ModelNames.Read(ref reader, out _model);
            case BodyKey.Stream:
                _isStream = type == JsonTokenType.True;
                return type is JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null ? null : Refuse(key, "must be true or false");
            case BodyKey.IncludeUsage:
                return _usage.TryRead(ref reader) ? null : Refuse(key, "must be true or false");
            case BodyKey.StreamOptions:
                _usage.OnNull(reader.TokenStartIndex);
                return type == JsonTokenType.Null ? null : Refuse(key, "must be an object");
            case BodyKey.GenerationConfig:
                _generationConfig.NullAt = reader.TokenStartIndex;
                return type == JsonTokenType.Null ? null : Refuse(key, "must be an object");
            case BodyKey.Thinking or BodyKey.ThinkingConfig:
                return type == JsonTokenType.Null ? null : Refuse(key, "must be an object");
            case BodyKey.ServiceTier or BodyKey.Speed or BodyKey.InferenceGeo:
                return _terms.TryRead(ref reader, key) ? null : Refuse(key, "must be a string");
            case BodyKey.MaxToolCalls:
                return _toolCalls.TryRead(ref reader) ? null : Refuse(key, "must be a whole number");
            case BodyKey.Provider or BodyKey.MaxPrice or BodyKey.Prompt or BodyKey.Completion:
                (_router ??= new RouterPrices()).OnValue(ref reader, key);
                return null;
            case BodyKey.Prediction:
                return null;
            default:
                return _limits.Read(ref reader, key);
        }
    }

    /// <summary>Each request of a batch of embeddings names the model once more; Google refuses any other than the path's, and so do we.</summary>
    public InspectionError? OnNestedModel(ref Utf8JsonReader reader)
    {
        if (ModelNames.Read(ref reader, out var model) is { } error)
        {
            return error;
        }
        var isOther = _nestedModel is not null && _nestedModel != model;
        _nestedModel = model;
        return isOther ? Refuse(BodyKey.Model, "must be the same in all requests") : null;
    }

    /// <summary>Tells what was decided.</summary>
    public readonly InspectionError? Conclude(string? modelInPath, bool isStreamPath, out RequestFacts facts)
    {
        facts = default;
        if (_isRootEmpty)
        {
            return new InspectionError("The body is an object without members, which asks for nothing.");
        }
        if (modelInPath is not null && (IsOther(_model, modelInPath) || IsOther(_nestedModel, modelInPath)))
        {
            return new InspectionError("The body's model is another than the path's.", "model");
        }
        if (dialect == Dialect.AnthropicMessages && _limits.Limit is null)
        {
            return new InspectionError("'max_tokens' is required: a whole number of output tokens.", "max_tokens");
        }
        facts.Model = modelInPath ?? _model ?? "";
        facts.IsStream = _isStream || isStreamPath;
        facts.OutputLimit = _limits.Limit;
        facts.Choices = _limits.Choices;
        // Anthropic counts thinking within max_tokens, save where tool calls interleave with it and its budget may be larger.
        facts.ThinkingBudget = dialect == Dialect.AnthropicMessages ? Math.Max(0, _limits.Thinking - (_limits.Limit ?? 0)) : _limits.Thinking;
        facts.PredictionTokenBound = _predictionBytes;
        facts.Terms = _terms.Terms;
        facts.UnknownTerm = _terms.Unknown is { } unknown ? DecidingMembers.NameOf(dialect, unknown) : null;
        facts.AsksForUsage = _usage.IsSet;
        facts.UsageEdit = facts.IsStream && DecidingMembers.TakesUsageOption(dialect) ? _usage.Edit(_insideRootAt) : null;
        facts.Places = new FactPlaces(_limits.PlacesToClamp(_generationConfig, _insideRootAt), _terms.PlaceOfTier(_insideRootAt), _terms.AsksForStandardTier, _router);
        return null;
    }

    /// <summary>Adds what was decided about tools to what was found of them.</summary>
    public readonly void Describe(RequestedFeatures features) => _toolCalls.Describe(features, _insideRootAt);

    private static bool IsOther(string? model, string modelInPath) =>
        model is not null && model != modelInPath && !(model.StartsWith("models/", StringComparison.Ordinal) && model.AsSpan(7).SequenceEqual(modelInPath));

    // Of a member that is there twice, some servers take the first and some the last.
    private InspectionError? DecideOnce(BodyKey key)
    {
        var bit = UInt128.One << (int)key;
        var isRepeated = (_decided & bit) != 0;
        _decided |= bit;
        return isRepeated ? Refuse(key, "is there twice; which one counts can't be told") : null;
    }

    private readonly InspectionError? RefuseOtherCase(ref Utf8JsonReader reader, BodyPlace place)
    {
        if (dialect is Dialect.GeminiGenerate or Dialect.GeminiEmbed)
        {
            return null;
        }
        var meant = BodyKeys.ReadIgnoringCase(ref reader, out var written);
        if (meant == BodyKey.Other)
        {
            return null;
        }
        if (DecidingMembers.Decides(dialect, place, meant))
        {
            return Refuse(meant, "must be written in lower case");
        }
        return place == BodyPlace.Root ? OtherCase.Refusal(written!) : null;
    }

    private readonly InspectionError Refuse(BodyKey key, string why)
    {
        var name = DecidingMembers.NameOf(dialect, key);
        return new InspectionError($"'{name}' {why}.", name);
    }
}
