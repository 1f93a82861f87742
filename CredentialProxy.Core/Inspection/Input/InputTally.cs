using System.Text.Json;
using CredentialProxy.Core.Inspection.Extras;
using CredentialProxy.Core.Providers;

namespace CredentialProxy.Core.Inspection.Input;

/// <summary>
/// Adds up what a body gives the model to read. Byte-level tokenizers never make more tokens than a text has bytes, so every byte of every name and
/// value counts as one, unless it is media. Media is only what stands where a provider looks for it: in anything of free form, such as the arguments of a tool call, all is text.
/// </summary>
internal struct InputTally(Dialect dialect)
{
    /// <summary>What a conversation has around its messages, whose own member names outweigh their framing.</summary>
    private const int FramingTokens = 64;

    /// <summary>
    /// What a provider adds to the prompt once there are tools, up to 530 tokens
    /// (https://docs.anthropic.com/en/docs/agents-and-tools/tool-use/overview#pricing), and for each of its own ones, up to 735 (computer use, ibid.). The definitions in the body count by their bytes.
    /// </summary>
    private const int ToolsTokens = 1024;

    private BodyShape _shape;
    private MediaParts _media;
    private ItemReferences _items = new(dialect);
    private long _textBytes;
    private bool _hasTools;
    private bool _hasUnseen;
    private bool _hasReference;
    private bool _wantsCacheWrite;
    private bool _wantsCacheHour;

    /// <summary>Whether there are items that are a mere reference, without saying so by their type.</summary>
    public readonly bool HasItemReferences => _items.Any;

    /// <summary>Whether members at this depth are of free form.</summary>
    public readonly bool IsFreeForm(int depth) => _shape.IsFreeForm(depth);

    /// <summary>A member begins.</summary>
    public void OnName(ref Utf8JsonReader reader) => Count(ref reader);

    /// <summary>A member begins that decides nothing about the request; says what is wrong with it.</summary>
    public InspectionError? OnName(ref Utf8JsonReader reader, in BodyKeyPath path, BodyKey key, int depth)
    {
        Count(ref reader);
        return _items.OnName(path, key, depth);
    }

    /// <summary>An object or array begins.</summary>
    public void OnStart(in BodyKeyPath path, int depth, bool isObject)
    {
        var key = path.At(depth);
        _shape.OnStart(key, depth, isObject);
        _media.OnStart(depth + 1);
        _wantsCacheWrite |= key == BodyKey.CacheControl && isObject;
        _hasReference |= key == BodyKey.Reference;
        _hasTools |= depth == 1 && key == BodyKey.Tools;
        // A stored prompt of the responses API is an object; elsewhere a prompt is text.
        _hasUnseen |= (ExtraMembers.PointsElsewhere(key) && !_shape.IsFreeForm(depth)) || (depth == 1 && isObject && key == BodyKey.Prompt);
    }

    /// <summary>The object or array ends whose members are at this depth.</summary>
    public void OnEnd(int depth)
    {
        _shape.OnEnd(depth);
        _textBytes += _media.OnEnd(depth);
        _items.OnEnd(depth);
    }

    /// <summary>A string, a number, a boolean or null.</summary>
    public void OnValue(ref Utf8JsonReader reader, in BodyKeyPath path, int depth)
    {
        var key = path.At(depth);
        if (key == BodyKey.Other || reader.TokenType != JsonTokenType.String)
        {
            Count(ref reader);
            return;
        }
        _items.OnText(path, depth);
        _hasReference |= key == BodyKey.Reference;
        if (key == BodyKey.Ttl && path.At(depth - 1) == BodyKey.CacheControl)
        {
            _wantsCacheHour |= !(reader.ValueTextEquals("5m"u8) || reader.ValueTextEquals("30m"u8));
        }
        if (!_shape.IsFreeForm(depth))
        {
            _hasUnseen |= ExtraMembers.PointsElsewhere(key);
            if (_media.TryTake(ref reader, key, depth, path.At(depth - 1)))
            {
                return;
            }
        }
        Count(ref reader);
    }

    /// <summary>Tells the sum.</summary>
    public readonly void Conclude(ref RequestFacts facts)
    {
        facts.InputTextBytes = _textBytes;
        facts.ImageTokenBound = _media.TokenBound(facts.Model);
        facts.InputTokenBound = FramingTokens + _textBytes + facts.ImageTokenBound + (((_hasTools ? 1L : 0) + facts.HostedTools) * ToolsTokens);
        facts.HasUnseenInput = _hasUnseen || _media.HasUnseen || _items.Any;
        facts.HasReference = _hasReference;
        facts.HasImages = _media.HasImages;
        facts.WantsCacheWrite = _wantsCacheWrite;
        facts.WantsCacheHour = _wantsCacheHour;
    }

    private void Count(ref Utf8JsonReader reader) => _textBytes += reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length;
}
