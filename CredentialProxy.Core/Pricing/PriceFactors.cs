namespace CredentialProxy.Core.Pricing;

/// <summary>What a model's prices are multiplied by under each of the <see cref="ServiceTerms"/>, in millionths.</summary>
internal sealed class PriceFactors
{
    /// <summary>Times one.</summary>
    public const long One = 1_000_000;

    private const int Tiers = (int)ServiceTier.Unknown + 1;
    private const int Geos = (int)InferenceGeo.Unknown + 1;

    private readonly long[] _tiers = new long[Tiers];
    private readonly long[] _geos = new long[Geos];
    private readonly long _dearestTier;
    private readonly long _dearestGeo;

    public PriceFactors(PriceFactorEntry? entry)
    {
        Array.Fill(_tiers, One);
        Array.Fill(_geos, One);
        // Where no list says: what OpenAI and Anthropic take at most for speed, and nothing for a place.
        _tiers[(int)ServiceTier.Auto] = Millionths(entry?.Auto, One);
        _tiers[(int)ServiceTier.Flex] = Millionths(entry?.Flex, One);
        _tiers[(int)ServiceTier.Batch] = Millionths(entry?.Batch, One);
        _tiers[(int)ServiceTier.Priority] = Millionths(entry?.Priority, 5 * One / 2);
        _tiers[(int)ServiceTier.Fast] = Millionths(entry?.Fast, 6 * One);
        _tiers[(int)ServiceTier.Ultrafast] = Millionths(entry?.Ultrafast, 6 * One);
        _geos[(int)InferenceGeo.Us] = Millionths(entry?.Us, One);
        _dearestTier = _tiers.Max();
        _dearestGeo = _geos.Max();
        _tiers[(int)ServiceTier.Unknown] = _dearestTier;
        _geos[(int)InferenceGeo.Unknown] = _dearestGeo;
    }

    /// <summary>The factor of an answer under these terms.</summary>
    public long Of(ServiceTerms terms) => _tiers[(int)terms.Tier] * _geos[(int)terms.Geo] / One;

    /// <summary>
    /// The largest factor of any answer to a request under these terms: what asks for another tier may be served at the standard one, and a place that isn't stated is where the
    /// account is set to.
    /// </summary>
    public long AtMost(ServiceTerms terms) =>
        Math.Max(One, _tiers[(int)terms.Tier]) * (terms.Geo == InferenceGeo.Unstated ? _dearestGeo : _geos[(int)terms.Geo]) / One;

    private static long Millionths(decimal? factor, long otherwise) => factor is { } stated ? (long)decimal.Ceiling(stated * One) : otherwise;
}
