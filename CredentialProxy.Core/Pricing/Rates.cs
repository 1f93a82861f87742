namespace CredentialProxy.Core.Pricing;

/// <summary>Prices of each kind of token, in pico-dollars (USD 10⁻¹²) a token: so a price of $0.075 per million tokens is the whole number 75,000.</summary>
internal readonly record struct Rates
{
    public required long Input { get; init; }

    public required long CachedInput { get; init; }

    public required long CachedAudioInput { get; init; }

    public required long CacheWrite { get; init; }

    public required long CacheWriteHour { get; init; }

    public required long AudioInput { get; init; }

    public required long ImageInput { get; init; }

    public required long VideoInput { get; init; }

    public required long Output { get; init; }

    public required long AudioOutput { get; init; }

    public required long ImageOutput { get; init; }

    public required long VideoOutput { get; init; }

    /// <summary>Whether the price list has a price for sound that the model makes.</summary>
    public required bool HasAudioOutput { get; init; }

    /// <summary>Whether it has one for images.</summary>
    public required bool HasImageOutput { get; init; }

    /// <summary>The dearest that a token of output can be.</summary>
    public long DearestOutput => Math.Max(Math.Max(Output, AudioOutput), Math.Max(ImageOutput, VideoOutput));

    /// <summary>The dearest that a token of input can be, given what the request holds and asks to be cached.</summary>
    public long DearestInput(in CostBounds bounds)
    {
        var dearest = Math.Max(Input, CachedInput);
        if (bounds.MayHaveMedia)
        {
            dearest = Math.Max(Math.Max(dearest, CachedAudioInput), Math.Max(Math.Max(AudioInput, ImageInput), VideoInput));
        }
        dearest = bounds.MayWriteCache ? Math.Max(dearest, CacheWrite) : dearest;
        return bounds.MayWriteLongCache ? Math.Max(dearest, CacheWriteHour) : dearest;
    }
}
