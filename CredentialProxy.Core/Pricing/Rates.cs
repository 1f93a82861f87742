namespace CredentialProxy.Core.Pricing;

/// <summary>Prices of each kind of token, in pico-dollars (USD 10⁻¹²) a token: so a price of $0.075 per million tokens is the whole number 75,000.</summary>
internal readonly record struct Rates
{
    public required long Input { get; init; }

    public required long CachedInput { get; init; }

    public required long CacheWrite { get; init; }

    public required long CacheWriteHour { get; init; }

    public required long Output { get; init; }

    public required long AudioInput { get; init; }

    public required long AudioOutput { get; init; }

    /// <summary>The dearest that a token of input can be, given what the request asks to be cached.</summary>
    public long DearestInput(bool cacheWrite, bool cacheHour)
    {
        var dearest = Math.Max(Math.Max(Input, CachedInput), AudioInput);
        dearest = cacheWrite ? Math.Max(dearest, CacheWrite) : dearest;
        return cacheHour ? Math.Max(dearest, CacheWriteHour) : dearest;
    }

    /// <summary>The dearest that a token of output can be.</summary>
    public long DearestOutput => Math.Max(Output, AudioOutput);
}
