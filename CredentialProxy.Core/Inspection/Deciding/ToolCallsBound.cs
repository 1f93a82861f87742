using System.Text.Json;
using CredentialProxy.Core.Inspection.Extras;

namespace CredentialProxy.Core.Inspection.Deciding;

/// <summary>How many calls of the provider's tools a body allows, <c>max_tool_calls</c>, and where it says so.</summary>
internal struct ToolCallsBound
{
    private int? _most;
    private long _at;
    private int _length;

    /// <summary>Reads the number; false when it is neither a whole one nor null.</summary>
    public bool TryRead(ref Utf8JsonReader reader)
    {
        (_at, _length) = (reader.TokenStartIndex, reader.HasValueSequence ? (int)reader.ValueSequence.Length : reader.ValueSpan.Length);
        if (reader.TokenType == JsonTokenType.Null)
        {
            return true;
        }
        var isWhole = reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var calls) && calls >= 0;
        _most = isWhole ? reader.GetInt32() : null;
        return isWhole;
    }

    /// <summary>Adds what was said to what was found of tools.</summary>
    public readonly void Describe(RequestedFeatures features, long insideRootAt)
    {
        features.MaxToolCalls = _most;
        features.ToolCallsPlace = new MemberPlace(insideRootAt, _at, _length);
    }
}
