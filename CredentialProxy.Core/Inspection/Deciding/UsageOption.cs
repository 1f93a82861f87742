using System.Text.Json;

namespace CredentialProxy.Core.Inspection.Deciding;

/// <summary>
/// Where a body says whether its stream shall end with its usage (<c>stream_options.include_usage</c>), or could say so.
/// https://platform.openai.com/docs/api-reference/chat/create#chat_create-stream_options
/// </summary>
internal struct UsageOption
{
    private static readonly byte[] True = "true"u8.ToArray();
    private static readonly byte[] Member = "\"include_usage\":true"u8.ToArray();
    private static readonly byte[] MemberAndComma = "\"include_usage\":true,"u8.ToArray();
    private static readonly byte[] Options = "{\"include_usage\":true}"u8.ToArray();
    private static readonly byte[] OptionsMemberAndComma = "\"stream_options\":{\"include_usage\":true},"u8.ToArray();

    private long _insideOptionsAt;
    private long _nullOptionsAt;
    private long _valueAt;
    private int _valueLength;
    private bool _hasMembers;

    /// <summary>Whether the client asks for usage itself.</summary>
    public bool IsSet { get; private set; }

    /// <summary>The options are an object that begins right before this offset.</summary>
    public void OnObject(long insideAt) => _insideOptionsAt = insideAt;

    /// <summary>The options are null, at this offset.</summary>
    public void OnNull(long at) => _nullOptionsAt = at;

    /// <summary>The options have a member.</summary>
    public void OnMember() => _hasMembers = true;

    /// <summary>Reads the option's value; false when it is of another type than a boolean or null.</summary>
    public bool TryRead(ref Utf8JsonReader reader)
    {
        IsSet = reader.TokenType == JsonTokenType.True;
        _valueAt = reader.TokenStartIndex;
        _valueLength = reader.TokenType == JsonTokenType.False ? 5 : 4;
        return reader.TokenType is JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null;
    }

    /// <summary>The change that asks for usage; null when the client does so itself.</summary>
    /// <param name="insideRootAt">The offset right after the body's opening brace.</param>
    public readonly BodyEdit? Edit(long insideRootAt) => this switch
    {
        { IsSet: true } => null,
        { _valueLength: > 0 } => new BodyEdit(_valueAt, _valueLength, True),
        { _insideOptionsAt: > 0 } => new BodyEdit(_insideOptionsAt, 0, _hasMembers ? MemberAndComma : Member),
        { _nullOptionsAt: > 0 } => new BodyEdit(_nullOptionsAt, 4, Options),
        _ => new BodyEdit(insideRootAt, 0, OptionsMemberAndComma),
    };
}
