using System.Text.Json;
using CredentialProxy.Core.Inspection.Deciding;
using CredentialProxy.Core.Pricing;

namespace CredentialProxy.Core.Inspection.Extras;

/// <summary>What the object that defines a tool has said so far.</summary>
/// <param name="insideAt">The offset right after its opening brace.</param>
internal struct OpenTool(long insideAt)
{
    private HostedTool _kind;
    private bool _isShell;
    private bool _isLocal;
    private bool _isElsewhere;
    private int? _maxUses;
    private int _gigabytes;
    private MemberPlace _usesPlace = new(insideAt, 0, 0);

    /// <summary>What it does on the provider's side. A shell is the client's where its environment is local, and nothing else is said of that.</summary>
    public readonly HostedTool Kind => _isShell && (_isElsewhere || !_isLocal) ? HostedTool.Container : _kind;

    /// <summary>The model that it names.</summary>
    public string? Model { get; private set; }

    /// <summary>Its type is of this kind.</summary>
    public void OnKind(HostedTool kind, bool isShell)
    {
        // Of an object that says it twice all holds.
        _isShell |= isShell;
        _kind = isShell || kind == HostedTool.None ? _kind : kind;
    }

    /// <summary>A value in one of its objects: the machine that a shell runs on may be said after it.</summary>
    public void OnNested(ref Utf8JsonReader reader, BodyKey key, bool isEnvironment)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            return;
        }
        if (isEnvironment && key == BodyKey.Type)
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

    /// <summary>Reads how often it may be used.</summary>
    public InspectionError? ReadMaxUses(ref Utf8JsonReader reader)
    {
        if (_usesPlace.IsStated)
        {
            return new InspectionError("'max_uses' is there twice; which one counts can't be told.", "tools");
        }
        _usesPlace = _usesPlace with { ValueAt = reader.TokenStartIndex, ValueLength = reader.HasValueSequence ? (int)reader.ValueSequence.Length : reader.ValueSpan.Length };
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

    /// <summary>Reads the model that it names.</summary>
    public InspectionError? ReadModel(ref Utf8JsonReader reader)
    {
        var error = ModelNames.Read(ref reader, out var model);
        Model = model;
        return error;
    }

    /// <summary>What it asks for.</summary>
    public readonly RequestedTool Requested(HostedTool kind) =>
        new(kind, _maxUses, kind == HostedTool.Container ? Math.Max(1, _gigabytes) : 0) { UsesPlace = _usesPlace };

    // The sizes that OpenAI has, https://developers.openai.com/api/docs/guides/tools-code-interpreter; anything else counts as the largest.
    private static int Gigabytes(ref Utf8JsonReader reader) =>
        reader.ValueTextEquals("1g"u8) ? 1 : reader.ValueTextEquals("4g"u8) ? 4 : reader.ValueTextEquals("16g"u8) ? 16 : 64;
}
