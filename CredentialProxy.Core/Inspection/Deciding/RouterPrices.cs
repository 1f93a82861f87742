using System.Globalization;
using System.Text;
using System.Text.Json;

namespace CredentialProxy.Core.Inspection.Deciding;

/// <summary>
/// Where a body bounds the price at which a router may serve it, <c>provider.max_price</c>, or could bound it
/// (https://openrouter.ai/docs/features/provider-routing#max-price). Whatever else it prefers of providers, none above that price will serve it.
/// </summary>
internal sealed class RouterPrices
{
    private const int MaxNumberLength = 32;

    private long _providerInsideAt;
    private long _providerNullAt;
    private bool _providerHasMembers;
    private long _boundsInsideAt;
    private long _boundsNullAt;
    private bool _boundsHaveMembers;
    private bool _isUnusable;
    private Bound _prompt;
    private Bound _completion;

    /// <summary>The member begins with an object, right before this offset.</summary>
    public void OnObject(BodyKey key, long insideAt)
    {
        if (key == BodyKey.Provider)
        {
            _providerInsideAt = insideAt;
        }
        else
        {
            _boundsInsideAt = insideAt;
        }
    }

    /// <summary>The object of this member has a member.</summary>
    public void OnMember(BodyPlace place)
    {
        _providerHasMembers |= place == BodyPlace.Provider;
        _boundsHaveMembers |= place == BodyPlace.MaxPrice;
    }

    /// <summary>Reads a member's value, whatever it is: only a router minds.</summary>
    public void OnValue(ref Utf8JsonReader reader, BodyKey key)
    {
        var isNull = reader.TokenType == JsonTokenType.Null;
        switch (key)
        {
            case BodyKey.Provider:
                _providerNullAt = isNull ? reader.TokenStartIndex : 0;
                _isUnusable |= !isNull;
                break;
            case BodyKey.MaxPrice:
                _boundsNullAt = isNull ? reader.TokenStartIndex : 0;
                _isUnusable |= !isNull;
                break;
            case BodyKey.Prompt:
                _prompt = Read(ref reader);
                break;
            default:
                _completion = Read(ref reader);
                break;
        }
    }

    /// <summary>The changes that let no provider above these prices serve the request; false where that can't be had.</summary>
    public bool TryBound(decimal promptUsd, decimal completionUsd, out BodyEdits edits)
    {
        edits = default;
        if (_isUnusable || _prompt.IsUnusable || _completion.IsUnusable)
        {
            return false;
        }
        var bounds = Bounds(promptUsd, completionUsd);
        if (_providerInsideAt == 0)
        {
            edits = edits.With(new BodyEdit(_providerNullAt, 4, Utf8($"{{\"max_price\":{bounds}}}")));
        }
        else if (_boundsInsideAt == 0)
        {
            edits = edits.With(_boundsNullAt > 0
                ? new BodyEdit(_boundsNullAt, 4, Utf8(bounds))
                : new BodyEdit(_providerInsideAt, 0, Utf8($"\"max_price\":{bounds}{(_providerHasMembers ? "," : "")}")));
        }
        else if (!_boundsHaveMembers)
        {
            edits = edits.With(new BodyEdit(_boundsInsideAt, 0, Utf8(bounds[1..^1])));
        }
        else
        {
            edits = Lower(Lower(edits, _prompt, "prompt", promptUsd), _completion, "completion", completionUsd);
        }
        return true;
    }

    /// <summary>The member for a body that has no <c>provider</c>, a comma at its end.</summary>
    public static byte[] Member(decimal promptUsd, decimal completionUsd) => Utf8($"\"provider\":{{\"max_price\":{Bounds(promptUsd, completionUsd)}}},");

    private BodyEdits Lower(BodyEdits edits, in Bound bound, string name, decimal usd) => bound switch
    {
        { Length: 0 } => edits.With(new BodyEdit(_boundsInsideAt, 0, Utf8($"\"{name}\":{Number(usd)},"))),
        { Usd: { } stated } when stated <= usd => edits,
        _ => edits.With(new BodyEdit(bound.At, bound.Length, Utf8(Number(usd)))),
    };

    private static Bound Read(ref Utf8JsonReader reader)
    {
        var length = reader.HasValueSequence ? (int)reader.ValueSequence.Length : reader.ValueSpan.Length;
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                return new Bound(reader.TokenStartIndex, 4, null, false);
            case JsonTokenType.Number:
                return new Bound(reader.TokenStartIndex, length, reader.TryGetDecimal(out var number) && number >= 0 ? number : null, false);
            case JsonTokenType.String when length <= MaxNumberLength:
                var isNumber = decimal.TryParse(reader.GetString(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var written);
                return new Bound(reader.TokenStartIndex, length + 2, isNumber ? written : null, false);
            case JsonTokenType.String:
                return new Bound(reader.TokenStartIndex, length + 2, null, false);
            default:
                return new Bound(0, 0, null, IsUnusable: true);
        }
    }

    private static string Bounds(decimal promptUsd, decimal completionUsd) => $"{{\"prompt\":{Number(promptUsd)},\"completion\":{Number(completionUsd)}}}";

    private static string Number(decimal usd) => usd.ToString("0.############", CultureInfo.InvariantCulture);

    private static byte[] Utf8(string text) => Encoding.ASCII.GetBytes(text);

    private readonly record struct Bound(long At, int Length, decimal? Usd, bool IsUnusable);
}
