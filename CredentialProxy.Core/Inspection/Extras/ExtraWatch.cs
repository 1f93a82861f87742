using System.Text.Json;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Inspection.Deciding;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Providers;

namespace CredentialProxy.Core.Inspection.Extras;

/// <summary>Notes on a walk over a body what it asks for beyond plain generation. Of a plain body it looks at little more than the names, and keeps nothing.</summary>
internal struct ExtraWatch(Dialect dialect)
{
    private ToolWatch _tools = new(dialect);
    private RequestedFeatures? _features;
    private OutputKinds _outputs;
    private bool _wantsCompaction;
    private bool _isFallbackFast;
    private long _fallbackOutput;
    private long _thinkingBudget;

    /// <summary>A member begins.</summary>
    public InspectionError? OnName(ref Utf8JsonReader reader, in BodyKeyPath path, BodyKey key, int depth) => _tools.OnName(ref reader, path, key, depth, ref _features);

    /// <summary>An object or array begins.</summary>
    public void OnStart(in BodyKeyPath path, int depth, bool isObject, bool isFreeForm, long insideAt)
    {
        _tools.OnStart(path, depth, isObject, insideAt);
        var key = path.At(depth);
        if (key == BodyKey.Tools && path.At(1) == BodyKey.ExtraBody)
        {
            // Google's own tools, beside those of the dialect.
            Note(Features.HostedTools, "extra_body");
        }
        switch (depth)
        {
            case 1 when isObject && key == BodyKey.Prompt && dialect == Dialect.OpenAIResponses:
                Note(Features.StoredInput | Features.ModelChoice, "prompt");
                break;
            case 1 when isObject && key == BodyKey.Compaction:
                _wantsCompaction = dialect == Dialect.AnthropicMessages;
                break;
            case 1 when isObject:
                NoteRoot(key);
                break;
            case 2:
                // An element of a list, or a member of a list that is an object.
                NoteRoot(path.At(1));
                break;
            default:
                NoteStored(key, isFreeForm);
                break;
        }
    }

    /// <summary>The object or array ends whose members are at this depth.</summary>
    public InspectionError? OnEnd(int depth) => _tools.OnEnd(depth, ref _features);

    /// <summary>A string, a number, a boolean or null.</summary>
    public InspectionError? OnValue(ref Utf8JsonReader reader, in BodyKeyPath path, int depth, bool isFreeForm)
    {
        if (_tools.IsOpen)
        {
            return _tools.OnValue(ref reader, path, depth, ref _features);
        }
        if (reader.TokenType is JsonTokenType.Null or JsonTokenType.False)
        {
            return null;
        }
        var key = path.At(depth);
        if (path.At(1) >= BodyKey.FileUrl)
        {
            return OnExtra(ref reader, path, depth, key);
        }
        if (path.At(1) == BodyKey.GenerationConfig)
        {
            if (path.At(2) == BodyKey.ResponseModalities)
            {
                _outputs |= ExtraValues.OutputOf(ref reader);
            }
            return null;
        }
        if (reader.TokenType != JsonTokenType.String)
        {
            return null;
        }
        NoteStored(key, isFreeForm);
        if (path.At(1) == BodyKey.Input && key == BodyKey.Type && !isFreeForm && reader.ValueTextEquals("item_reference"u8))
        {
            Note(Features.StoredInput, "input");
        }
        else if (key == BodyKey.Id && path.At(depth - 1) == BodyKey.Audio && !isFreeForm)
        {
            Note(Features.StoredInput, "messages.audio.id");
        }
        return null;
    }

    /// <summary>Tells what was asked for.</summary>
    /// <param name="facts">Where to.</param>
    /// <param name="hasItemReferences">Whether there are items that are a mere reference, without saying so by their type.</param>
    public void Conclude(ref RequestFacts facts, bool hasItemReferences)
    {
        if (hasItemReferences)
        {
            Note(Features.StoredInput, "input");
        }
        if (RoutedModels.FeaturesOf(facts.Model) is var features && features != Features.None)
        {
            Note(features, "model");
            AddSearch(features);
        }
        facts.Features = _features;
        if (_fallbackOutput > 0 && facts.OutputLimit is { } stated)
        {
            // A fallback's own limit holds for its answer, whatever that of the body is lowered to. It bounds no other answer.
            facts.OutputLimit = Math.Max(stated, _fallbackOutput);
            facts.Places = facts.Places with { OutputLimits = facts.Places.OutputLimits with { FixedTokens = _fallbackOutput } };
        }
        facts.ThinkingBudget = Math.Max(facts.ThinkingBudget, _thinkingBudget);
        facts.HostedTools = _tools.ProviderDefined;
        facts.Outputs = _outputs;
        facts.WantsCompaction = _wantsCompaction;
        if (_isFallbackFast)
        {
            facts.Terms = facts.Terms with { Tier = ServiceTier.Fast };
        }
    }

    private InspectionError? OnExtra(ref Utf8JsonReader reader, in BodyKeyPath path, int depth, BodyKey key)
    {
        switch (path.At(1))
        {
            case BodyKey.Models when depth == 2 && reader.TokenType == JsonTokenType.String:
            case BodyKey.Fallbacks when depth == 3 && key == BodyKey.Model && reader.TokenType == JsonTokenType.String:
                NoteRoot(path.At(1));
                return AddModel(ref reader, path.At(1));
            case BodyKey.Fallbacks when depth == 3 && key == BodyKey.Speed && dialect == Dialect.AnthropicMessages:
                _isFallbackFast |= reader.TokenType != JsonTokenType.String || !reader.ValueTextEquals("standard"u8);
                return null;
            case BodyKey.Fallbacks when depth == 3 && key == BodyKey.MaxTokens && dialect == Dialect.AnthropicMessages:
                return ReadFallbackOutput(ref reader);
            case BodyKey.Plugins when depth == 3 && key == BodyKey.Id && reader.TokenType == JsonTokenType.String:
                return NotePlugin(ref reader);
            case BodyKey.MultiAgent when depth == 2 && key == BodyKey.Enabled && dialect == Dialect.OpenAIResponses:
                Note(Features.Agents, "multi_agent");
                return null;
            case BodyKey.ContextManagement when key == BodyKey.Type && reader.TokenType == JsonTokenType.String:
                _wantsCompaction |= ExtraValues.WritesSummary(ref reader);
                return null;
            case BodyKey.Modalities when depth <= 2 && dialect is not (Dialect.AnthropicMessages or Dialect.GeminiGenerate):
                _outputs |= ExtraValues.OutputOf(ref reader);
                return null;
            case BodyKey.ExtraBody when key == BodyKey.ThinkingBudget && dialect == Dialect.OpenAIChat:
                return ReadThinkingBudget(ref reader);
            case BodyKey.ExtraBody when key == BodyKey.CachedContent:
                Note(Features.StoredInput, ExtraMembers.NameOf(dialect, key));
                return null;
            case BodyKey.StopServerToolsWhen:
                (_features ??= new RequestedFeatures()).StopsToolsItself = true;
                return null;
            default:
                if (depth <= 2)
                {
                    NoteRoot(path.At(1));
                }
                return null;
        }
    }

    private InspectionError? AddModel(ref Utf8JsonReader reader, BodyKey list)
    {
        var field = ExtraMembers.NameOf(dialect, list);
        if (ModelNames.Read(ref reader, out var model) is { } error)
        {
            return error with { Param = field };
        }
        return (_features ??= new RequestedFeatures()).TryAdd(model!) ? null : new InspectionError($"'{field}' names more than {RequestedFeatures.MaxCount} models.", field);
    }

    private void NoteRoot(BodyKey key)
    {
        var features = ExtraMembers.AtRoot(dialect, key);
        if (features != Features.None)
        {
            Note(features, ExtraMembers.NameOf(dialect, key));
            AddSearch(features);
        }
    }

    private void NoteStored(BodyKey key, bool isFreeForm)
    {
        if (ExtraMembers.IsStoredInput(key) && !isFreeForm)
        {
            Note(Features.StoredInput, ExtraMembers.NameOf(dialect, key));
        }
    }

    private InspectionError? NotePlugin(ref Utf8JsonReader reader)
    {
        var features = ExtraValues.FeaturesOfPlugin(ref reader);
        Note(features, "plugins");
        var tool = (features & Features.WebSearch) != 0 ? HostedTool.WebSearch : (features & Features.WebFetch) != 0 ? HostedTool.WebFetch : HostedTool.None;
        return tool == HostedTool.None || _features!.TryAdd(new RequestedTool(tool)) ? null : new InspectionError("'plugins' hold more entries than any client has.", "plugins");
    }

    private InspectionError? ReadFallbackOutput(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out var tokens) || tokens < 0)
        {
            return new InspectionError("'fallbacks.max_tokens' must be a whole number of tokens.", "fallbacks");
        }
        _fallbackOutput = Math.Max(_fallbackOutput, tokens);
        return null;
    }

    private InspectionError? ReadThinkingBudget(ref Utf8JsonReader reader)
    {
        // -1 leaves it to the model.
        if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out var tokens) || tokens < -1)
        {
            return new InspectionError("'extra_body.google.thinking_config.thinking_budget' must be a whole number of tokens.", "extra_body");
        }
        _thinkingBudget = Math.Max(_thinkingBudget, tokens);
        return null;
    }

    // A model that searches by itself does so once, and so does a chat that is told to.
    private readonly void AddSearch(Features features)
    {
        if ((features & Features.WebSearch) != 0 && !_features!.HasTool(HostedTool.WebSearch))
        {
            _features.TryAdd(new RequestedTool(HostedTool.WebSearch, MaxUses: 1));
        }
    }

    private void Note(Features features, string field) => (_features ??= new RequestedFeatures()).Add(features, field);
}
