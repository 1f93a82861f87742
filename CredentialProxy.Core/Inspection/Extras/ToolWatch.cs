using System.Text.Json;
using CredentialProxy.Core.Inspection.Deciding;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Providers;

namespace CredentialProxy.Core.Inspection.Extras;

/// <summary>
/// Finds the objects of a body that define tools, wherever the provider takes them: in <c>tools</c> at the root and inside a namespace; in items of a responses request that add tools
/// (<c>additional_tools</c>); in a message of Anthropic's that adds one (<c>tool_addition</c>). Google's parser takes one object where its schema has a list, so both count.
/// </summary>
internal struct ToolWatch(Dialect dialect)
{
    private const int MaxTrackedDepth = 63;

    // Bit d: members at depth d belong to a tool, or elements at depth d are tools.
    private ulong _tools;
    private ulong _lists;
    private HostedTool _kind;
    private bool _isShell;
    private bool _isLocal;
    private bool _isElsewhere;
    private int? _maxUses;
    private int _gigabytes;
    private string? _model;
    private MemberPlace _usesPlace;

    /// <summary>How many of the tools are defined by the provider, which puts what it says of them before the model.</summary>
    public int ProviderDefined { get; private set; }

    /// <summary>Whether members at this depth are a tool's own.</summary>
    public readonly bool IsInTool(int depth) => depth <= MaxTrackedDepth && (_tools & (1UL << depth)) != 0;

    /// <summary>An object or array begins.</summary>
    /// <param name="path">The names that are open.</param>
    /// <param name="depth">Its depth.</param>
    /// <param name="isObject">Whether it is an object.</param>
    /// <param name="insideAt">The offset right after its opening brace.</param>
    public void OnStart(in BodyKeyPath path, int depth, bool isObject, long insideAt)
    {
        if (depth >= MaxTrackedDepth)
        {
            return;
        }
        var inside = 1UL << (depth + 1);
        var isTool = isObject && ((_lists & (1UL << depth)) != 0 || IsAddedTool(path, depth));
        var isList = !isTool && path.At(depth) == BodyKey.Tools && IsWhereToolsAre(path, depth);
        _lists = isList && !isObject ? _lists | inside : _lists & ~inside;
        _tools = isTool || (isList && isObject) ? _tools | inside : _tools & ~inside;
        if ((_tools & inside) != 0)
        {
            (_kind, _isShell, _isLocal, _isElsewhere) = (HostedTool.None, false, false, false);
            (_maxUses, _gigabytes, _model) = (null, 0, null);
            _usesPlace = new MemberPlace(insideAt, 0, 0);
        }
    }

    /// <summary>The object or array ends whose members are at this depth.</summary>
    public InspectionError? OnEnd(int depth, ref RequestedFeatures? features)
    {
        if (!IsInTool(depth))
        {
            return null;
        }
        _tools &= ~(1UL << depth);
        if (_isShell && (_isElsewhere || !_isLocal))
        {
            Note(HostedTool.Container, ref features);
        }
        var kind = _kind;
        (_kind, _isShell) = (HostedTool.None, false);
        return kind == HostedTool.None ? null : Add(kind, features!);
    }

    /// <summary>A member of a tool begins: of Gemini's tools the name says what they are.</summary>
    public InspectionError? OnName(ref Utf8JsonReader reader, BodyKey key, int depth, ref RequestedFeatures? features)
    {
        if (!IsInTool(depth) || key == BodyKey.FunctionDeclarations)
        {
            return null;
        }
        if (dialect != Dialect.GeminiGenerate)
        {
            return key == BodyKey.Other && BodyKeys.ReadIgnoringCase(ref reader) == BodyKey.Type
                ? new InspectionError("'type' of a tool must be written in lower case.", "tools")
                : null;
        }
        ProviderDefined++;
        var kind = ToolKinds.OfGemini(key);
        Note(kind, ref features);
        _kind = HostedTool.None;
        return Add(kind, features!);
    }

    /// <summary>A value that is a tool's own member, or a member of one of its objects.</summary>
    public InspectionError? OnValue(ref Utf8JsonReader reader, in BodyKeyPath path, int depth, ref RequestedFeatures? features)
    {
        var key = path.At(depth);
        if (!IsInTool(depth))
        {
            NoteNested(ref reader, path, depth, key);
            return null;
        }
        switch (key)
        {
            case BodyKey.Type when reader.TokenType == JsonTokenType.String && dialect != Dialect.GeminiGenerate:
                OnType(ref reader, ref features);
                return null;
            case BodyKey.MaxUses:
                return ReadMaxUses(ref reader);
            case BodyKey.Model when reader.TokenType == JsonTokenType.String:
                return ModelNames.Read(ref reader, out _model);
            default:
                return null;
        }
    }

    private void NoteNested(ref Utf8JsonReader reader, in BodyKeyPath path, int depth, BodyKey key)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            return;
        }
        if (key == BodyKey.Type && IsInTool(depth - 1) && path.At(depth - 1) == BodyKey.Environment)
        {
            var isLocal = reader.ValueTextEquals("local"u8);
            _isLocal |= isLocal;
            _isElsewhere |= !isLocal;
        }
        else if (key == BodyKey.MemoryLimit)
        {
            _gigabytes = Math.Max(_gigabytes, Gigabytes(ref reader));
        }
    }

    private readonly InspectionError? Add(HostedTool kind, RequestedFeatures features)
    {
        var isTaken = features.TryAdd(new RequestedTool(kind, _maxUses, kind == HostedTool.Container ? Math.Max(1, _gigabytes) : 0) { UsesPlace = _usesPlace });
        isTaken &= kind != HostedTool.Advisor || _model is null || features.TryAdd(_model);
        return isTaken ? null : new InspectionError($"'tools' hold more than {RequestedFeatures.MaxCount} of the provider's own.", "tools");
    }

    private void OnType(ref Utf8JsonReader reader, ref RequestedFeatures? features)
    {
        var isPlain = reader.ValueTextEquals("function"u8) || reader.ValueTextEquals("custom"u8) || reader.ValueTextEquals("namespace"u8);
        if (isPlain)
        {
            return;
        }
        ProviderDefined++;
        if (reader.ValueTextEquals("shell"u8))
        {
            // Whose machine it runs on may be said later.
            _isShell = true;
            return;
        }
        var kind = ToolKinds.Read(ref reader, dialect);
        if (kind != HostedTool.None)
        {
            Note(kind, ref features);
        }
    }

    private void Note(HostedTool kind, ref RequestedFeatures? features)
    {
        _kind = kind;
        features ??= new RequestedFeatures();
        features.Add(ToolKinds.FeaturesOf(kind), "tools");
    }

    private InspectionError? ReadMaxUses(ref Utf8JsonReader reader)
    {
        var length = reader.HasValueSequence ? (int)reader.ValueSequence.Length : reader.ValueSpan.Length;
        if (_usesPlace.IsStated)
        {
            return new InspectionError("'max_uses' is there twice; which one counts can't be told.", "tools");
        }
        _usesPlace = _usesPlace with { ValueAt = reader.TokenStartIndex, ValueLength = length };
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }
        if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out var uses) || uses < 0)
        {
            return new InspectionError("'max_uses' must be a whole number.", "tools");
        }
        _maxUses = uses;
        return null;
    }

    private readonly bool IsWhereToolsAre(in BodyKeyPath path, int depth) => depth switch
    {
        1 => true,
        2 or 3 when path.At(1) == BodyKey.Input && dialect == Dialect.OpenAIResponses => true,
        _ => dialect != Dialect.AnthropicMessages && IsInTool(depth),
    };

    private readonly bool IsAddedTool(in BodyKeyPath path, int depth) =>
        dialect == Dialect.AnthropicMessages && depth == 6 && path.At(6) == BodyKey.Definition && path.At(5) == BodyKey.Tool && path.At(1) == BodyKey.Messages;

    // The sizes that OpenAI has, https://developers.openai.com/api/docs/guides/tools-code-interpreter; anything else counts as the largest.
    private static int Gigabytes(ref Utf8JsonReader reader)
    {
        if (reader.ValueTextEquals("1g"u8))
        {
            return 1;
        }
        return reader.ValueTextEquals("4g"u8) ? 4 : reader.ValueTextEquals("16g"u8) ? 16 : 64;
    }
}
