using System.Text.Json;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Providers;

namespace CredentialProxy.Core.Inspection.Deciding;

/// <summary>The tier of service, the speed and the place that a body asks for, and where it asks for the tier.</summary>
internal struct TermsAsked(Dialect dialect)
{
    private ServiceTier? _tier;
    private ServiceTier? _speed;
    private InferenceGeo _geo;
    private long _tierAt;
    private int _tierLength;

    /// <summary>The terms.</summary>
    public readonly ServiceTerms Terms => new(Tier, _geo);

    /// <summary>Whether the tier is stated to be the standard one.</summary>
    public readonly bool AsksForStandardTier => _tier == ServiceTier.Standard;

    /// <summary>The member that names a tier or place which has no name here; null when there is none.</summary>
    public readonly BodyKey? Unknown =>
        _speed == ServiceTier.Unknown ? BodyKey.Speed
        : _geo == InferenceGeo.Unknown ? BodyKey.InferenceGeo
        : _tier == ServiceTier.Unknown ? BodyKey.ServiceTier
        : null;

    // Anthropic's tiers are capacity that is bought or not, at one price; its speeds have prices. OpenAI leaves what isn't stated to the account.
    private readonly ServiceTier Tier => dialect switch
    {
        Dialect.AnthropicMessages => _speed ?? ServiceTier.Standard,
        Dialect.OpenAIChat or Dialect.OpenAIResponses => _tier ?? ServiceTier.Auto,
        _ => _tier ?? ServiceTier.Standard,
    };

    /// <summary>Reads one of the three; false when it is neither a string nor null.</summary>
    public bool TryRead(ref Utf8JsonReader reader, BodyKey key)
    {
        if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.Null))
        {
            return false;
        }
        var isNull = reader.TokenType == JsonTokenType.Null;
        var length = reader.HasValueSequence ? (int)reader.ValueSequence.Length : reader.ValueSpan.Length;
        Span<byte> name = stackalloc byte[ServiceTermNames.MaxLength];
        // Of a name that is too long to be one, what doesn't name anything either.
        name = isNull ? default : length <= name.Length ? name[..reader.CopyString(name)] : name[..1];
        switch (key)
        {
            case BodyKey.ServiceTier:
                // The quotation marks are part of the value.
                (_tierAt, _tierLength) = (reader.TokenStartIndex, isNull ? 4 : length + 2);
                _tier = isNull ? null : ServiceTermNames.Tier(name);
                break;
            case BodyKey.Speed:
                _speed = isNull ? null : ServiceTermNames.Tier(name) is ServiceTier.Standard or ServiceTier.Fast ? ServiceTermNames.Tier(name) : ServiceTier.Unknown;
                break;
            default:
                _geo = isNull ? InferenceGeo.Unstated : ServiceTermNames.Geo(name);
                break;
        }
        return true;
    }

    /// <summary>Where the tier is, or could be.</summary>
    public readonly MemberPlace PlaceOfTier(long insideRootAt) => new(insideRootAt, _tierAt, _tierLength);
}
