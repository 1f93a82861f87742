using System.Text.Json;
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

    // Bit d: the tool whose members are at depth d has said what it is.
    private ulong _typed;
    private OpenTool _open;

    /// <summary>How many of the tools are defined by the provider, which puts what it says of them before the model.</summary>
    public int ProviderDefined { get; private set; }

    /// <summary>Whether a tool is open, or a list of some.</summary>
    public readonly bool IsOpen => (_tools | _lists) != 0;

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
            _typed &= ~inside;
            _open = new OpenTool(insideAt);
        }
    }

    /// <summary>The object or array ends whose members are at this depth.</summary>
    public InspectionError? OnEnd(int depth, ref RequestedFeatures? features)
    {
        if (!IsOpen || depth > MaxTrackedDepth)
        {
            return null;
        }
        var wasTool = IsInTool(depth);
        _tools &= ~(1UL << depth);
        _lists &= ~(1UL << depth);
        if (!wasTool)
        {
            return null;
        }
        var kind = _open.Kind;
        if (kind == HostedTool.None)
        {
            // A tool that does not say what it is: the client's at Anthropic, and anything at all to OpenAI's servers and those that speak like them.
            if ((_typed & (1UL << depth)) != 0 || dialect is Dialect.AnthropicMessages or Dialect.GeminiGenerate)
            {
                return null;
            }
            ProviderDefined++;
            kind = HostedTool.Other;
        }
        Note(kind, ref features);
        return Add(kind, features!);
    }

    /// <summary>A member of a tool begins: of Gemini's tools the name says what they are.</summary>
    public InspectionError? OnName(ref Utf8JsonReader reader, in BodyKeyPath path, BodyKey key, int depth, ref RequestedFeatures? features)
    {
        var isMachine = IsInTool(depth - 1) && path.At(depth - 1) is BodyKey.Environment or BodyKey.Container;
        if (!(IsInTool(depth) || isMachine) || key == BodyKey.FunctionDeclarations)
        {
            return null;
        }
        if (dialect != Dialect.GeminiGenerate)
        {
            return key == BodyKey.Other && BodyKeys.ReadIgnoringCase(ref reader, out var written) != BodyKey.Other
                ? new InspectionError($"'{written}' of a tool must be written in lower case.", "tools")
                : null;
        }
        if (isMachine)
        {
            return null;
        }
        ProviderDefined++;
        var kind = ToolKinds.OfGemini(key);
        Note(kind, ref features);
        return Add(kind, features!);
    }

    /// <summary>A value that is a tool's own member, or a member of one of its objects.</summary>
    public InspectionError? OnValue(ref Utf8JsonReader reader, in BodyKeyPath path, int depth, ref RequestedFeatures? features)
    {
        var key = path.At(depth);
        if (!IsInTool(depth))
        {
            _open.OnNested(ref reader, key, isEnvironment: IsInTool(depth - 1) && path.At(depth - 1) == BodyKey.Environment);
            return null;
        }
        switch (key)
        {
            case BodyKey.Type when reader.TokenType == JsonTokenType.String && dialect != Dialect.GeminiGenerate:
                _typed |= 1UL << depth;
                OnType(ref reader, ref features);
                return null;
            case BodyKey.MaxUses:
                return _open.ReadMaxUses(ref reader);
            case BodyKey.Model when reader.TokenType == JsonTokenType.String:
                return _open.ReadModel(ref reader);
            default:
                return null;
        }
    }

    private readonly InspectionError? Add(HostedTool kind, RequestedFeatures features)
    {
        var isTaken = features.TryAdd(_open.Requested(kind));
        isTaken &= kind != HostedTool.Advisor || _open.Model is null || features.TryAdd(_open.Model);
        return isTaken ? null : new InspectionError($"'tools' hold more than {RequestedFeatures.MaxCount} of the provider's own.", "tools");
    }

    private void OnType(ref Utf8JsonReader reader, ref RequestedFeatures? features)
    {
        if (reader.ValueTextEquals("function"u8) || reader.ValueTextEquals("custom"u8) || reader.ValueTextEquals("namespace"u8))
        {
            return;
        }
        ProviderDefined++;
        var kind = ToolKinds.Read(ref reader, dialect);
        _open.OnKind(kind, isShell: reader.ValueTextEquals("shell"u8));
        if (kind != HostedTool.None && !reader.ValueTextEquals("shell"u8))
        {
            Note(kind, ref features);
        }
    }

    private static void Note(HostedTool kind, ref RequestedFeatures? features) => (features ??= new RequestedFeatures()).Add(ToolKinds.FeaturesOf(kind), "tools");

    private readonly bool IsWhereToolsAre(in BodyKeyPath path, int depth) => depth switch
    {
        1 => true,
        2 or 3 when path.At(1) == BodyKey.Input && dialect == Dialect.OpenAIResponses => true,
        _ => dialect != Dialect.AnthropicMessages && IsInTool(depth),
    };

    private readonly bool IsAddedTool(in BodyKeyPath path, int depth) =>
        dialect == Dialect.AnthropicMessages && depth == 6 && path.At(6) == BodyKey.Definition && path.At(5) == BodyKey.Tool && path.At(1) == BodyKey.Messages;
}
