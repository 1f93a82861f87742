using CredentialProxy.Core.Usage;

namespace CredentialProxy.Core.Pricing;

/// <summary>Takes what was used apart into what has a price of its own. Parts that say more than the whole are not paid beyond it.</summary>
internal static class UsageCost
{
    /// <summary>The cost of tokens in pico-dollars.</summary>
    public static Int128 Of(in TokenUsage usage, in Rates rates) => Input(usage, rates) + Output(usage, rates);

    private static Int128 Input(in TokenUsage usage, in Rates rates)
    {
        var rest = usage.InputTokens;
        var longWrite = Take(usage.CacheWriteHourTokens, ref rest);
        var write = Take(usage.CacheWriteTokens, ref rest);
        var cached = Take(usage.CachedInputTokens, ref rest);
        // Cached sound is part of what is cached and of what is sound.
        var cachedAudio = Math.Min(Math.Min(usage.CachedAudioInputTokens, usage.AudioInputTokens), cached);
        var audio = Take(usage.AudioInputTokens - cachedAudio, ref rest);
        var image = Take(usage.ImageInputTokens, ref rest);
        var video = Take(usage.VideoInputTokens, ref rest);
        return ((Int128)rest * rates.Input) + ((Int128)(cached - cachedAudio) * rates.CachedInput) + ((Int128)cachedAudio * rates.CachedAudioInput)
            + ((Int128)write * rates.CacheWrite) + ((Int128)longWrite * rates.CacheWriteHour)
            + ((Int128)audio * rates.AudioInput) + ((Int128)image * rates.ImageInput) + ((Int128)video * rates.VideoInput);
    }

    private static Int128 Output(in TokenUsage usage, in Rates rates)
    {
        var rest = usage.OutputTokens;
        var audio = Take(usage.AudioOutputTokens, ref rest);
        var image = Take(usage.ImageOutputTokens, ref rest);
        var video = Take(usage.VideoOutputTokens, ref rest);
        return ((Int128)rest * rates.Output) + ((Int128)audio * rates.AudioOutput) + ((Int128)image * rates.ImageOutput) + ((Int128)video * rates.VideoOutput);
    }

    private static long Take(long wanted, ref long rest)
    {
        var taken = Math.Clamp(wanted, 0, rest);
        rest -= taken;
        return taken;
    }
}
