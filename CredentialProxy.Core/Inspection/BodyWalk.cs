using System.Text.Json;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Inspection.Deciding;
using CredentialProxy.Core.Inspection.Extras;
using CredentialProxy.Core.Inspection.Input;
using CredentialProxy.Core.Providers;

namespace CredentialProxy.Core.Inspection;

/// <summary>
/// One pass over a body. Members that decide about the request are read where the provider reads them; everything else is input.
/// </summary>
internal ref struct BodyWalk(Dialect dialect)
{
    private BodyKeyPath _path;
    private InputTally _input = new(dialect);
    private RequestDecisions _decisions = new(dialect);
    private ExtraWatch _extras = new(dialect);

    /// <summary>Walks over the whole body.</summary>
    public InspectionError? Run(ref Utf8JsonReader reader)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return new InspectionError("The body must be a JSON object.");
        }
        _decisions.OnRoot(reader.BytesConsumed);
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

    /// <summary>Tells what the body said.</summary>
    public InspectionError? Conclude(string? modelInPath, bool isStreamPath, out RequestFacts facts)
    {
        if (_decisions.Conclude(modelInPath, isStreamPath, out facts) is { } error)
        {
            return error;
        }
        _extras.Conclude(ref facts, _input.HasItemReferences);
        _input.Conclude(ref facts);
        if (facts.Features is { } features)
        {
            _decisions.Describe(features);
        }
        // A stored prompt may name the model in the body's place.
        return facts.Model.Length > 0 || facts.Features?.FieldAsks(Features.ModelChoice, "prompt") == true
            ? null
            : new InspectionError("The body names no model; 'model' must be a string.", "model");
    }

    private InspectionError? OnName(ref Utf8JsonReader reader)
    {
        var key = BodyKeys.Read(ref reader);
        var depth = reader.CurrentDepth;
        _path.Set(depth, key);
        var place = DecidingMembers.PlaceOf(_path, depth);
        if (place == BodyPlace.Elsewhere)
        {
            return (key == BodyKey.Other ? OtherCase.Refuse(ref reader, dialect, _path, depth, _input.IsFreeForm(depth)) : null)
                ?? _input.OnName(ref reader, _path, key, depth)
                ?? _extras.OnName(ref reader, _path, key, depth);
        }
        if (!DecidingMembers.Decides(dialect, place, key))
        {
            // The model is shown none of those that decide.
            _input.OnName(ref reader);
        }
        return _decisions.OnName(ref reader, place, key);
    }

    private InspectionError? OnStart(ref Utf8JsonReader reader)
    {
        var depth = reader.CurrentDepth;
        var isObject = reader.TokenType == JsonTokenType.StartObject;
        // Objects inside an array have no name of their own: what lies in them must not inherit an older one.
        _path.Clear(depth + 1);
        _input.OnStart(_path, depth, isObject);
        _extras.OnStart(_path, depth, isObject, _input.IsFreeForm(depth), reader.BytesConsumed);
        if (Decides(depth))
        {
            return _decisions.OnStart(ref reader, _path.At(depth), isObject);
        }
        if (IsPrompt(depth) && !isObject)
        {
            // A prompt that is an array of token numbers.
            _decisions.OnPrompt();
        }
        return null;
    }

    private InspectionError? OnEnd(ref Utf8JsonReader reader)
    {
        var depth = reader.CurrentDepth;
        _input.OnEnd(depth + 1);
        if (depth == 1)
        {
            _decisions.OnRootMemberEnd(reader.BytesConsumed);
        }
        return _extras.OnEnd(depth + 1);
    }

    private InspectionError? OnValue(ref Utf8JsonReader reader)
    {
        var depth = reader.CurrentDepth;
        var key = _path.At(depth);
        if (Decides(depth))
        {
            return _decisions.OnValue(ref reader, key);
        }
        if (IsPrompt(depth) && reader.TokenType == JsonTokenType.String)
        {
            _decisions.OnPrompt();
        }
        if (key == BodyKey.Model && depth == 3 && _path.At(1) == BodyKey.Requests && dialect == Dialect.GeminiEmbed)
        {
            return _decisions.OnNestedModel(ref reader);
        }
        var error = _extras.OnValue(ref reader, _path, depth, _input.IsFreeForm(depth));
        _input.OnValue(ref reader, _path, depth);
        return error;
    }

    private readonly bool Decides(int depth) => _path.At(depth) != BodyKey.Other && DecidingMembers.Decides(dialect, DecidingMembers.PlaceOf(_path, depth), _path.At(depth));

    // An element of the root's "prompt" array.
    private readonly bool IsPrompt(int depth) => depth == 2 && dialect == Dialect.OpenAICompletions && _path.At(1) == BodyKey.Prompt;
}
