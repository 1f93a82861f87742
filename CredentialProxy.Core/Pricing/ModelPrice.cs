using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Usage;

namespace CredentialProxy.Core.Pricing;

/// <summary>What a model costs and how much it can read and write.</summary>
public sealed class ModelPrice
{
    private const long PicoPerMicro = 1_000_000;

    private readonly Rates _base;
    private readonly (long Above, Rates Rates)[] _tiers;

    internal ModelPrice(Rates rates, (long Above, Rates Rates)[] tiers, long maxOutputTokens, long contextTokens, bool isFallback)
    {
        _base = rates;
        _tiers = tiers;
        MaxOutputTokens = maxOutputTokens;
        ContextTokens = contextTokens;
        IsFallback = isFallback;
    }

    /// <summary>Whether the model is in no table, so that this is the configured fallback.</summary>
    public bool IsFallback { get; }

    /// <summary>The most the model writes in one answer, in tokens.</summary>
    public long MaxOutputTokens { get; }

    /// <summary>The most the model reads, in tokens.</summary>
    public long ContextTokens { get; }

    /// <summary>
    /// The cost in micro-dollars, rounded up once, from 0 to <see cref="Limit.MaxAmount"/>. What the provider itself reports wins. Beyond a long-context threshold the
    /// whole request is priced at that tier, as the providers do.
    /// </summary>
    public long CostMicroUsd(in TokenUsage usage)
    {
        if (usage.ReportedCostMicroUsd is { } reported)
        {
            return Math.Clamp(reported, 0, Limit.MaxAmount);
        }
        var rates = RatesFor(usage.InputTokens);
        var writtenHour = Math.Min(usage.CacheWriteHourTokens, usage.InputTokens);
        var written = Math.Min(usage.CacheWriteTokens, usage.InputTokens - writtenHour);
        var cached = Math.Min(usage.CachedInputTokens, usage.InputTokens - writtenHour - written);
        var audioInput = Math.Min(usage.AudioInputTokens, usage.InputTokens - writtenHour - written - cached);
        var plain = usage.InputTokens - writtenHour - written - cached - audioInput;
        var audioOutput = Math.Min(usage.AudioOutputTokens, usage.OutputTokens);
        var pico = ((Int128)plain * rates.Input) + ((Int128)cached * rates.CachedInput) + ((Int128)written * rates.CacheWrite)
            + ((Int128)writtenHour * rates.CacheWriteHour) + ((Int128)audioInput * rates.AudioInput)
            + ((Int128)(usage.OutputTokens - audioOutput) * rates.Output) + ((Int128)audioOutput * rates.AudioOutput);
        return RoundUp(pico);
    }

    /// <summary>The most that a request can cost whose input and output have these bounds, at the dearest rates that may apply.</summary>
    /// <param name="inputTokens">At most this much input.</param>
    /// <param name="outputTokens">At most this much output, all answers together.</param>
    /// <param name="cacheWrite">Whether input may be written to a cache.</param>
    /// <param name="cacheHour">Whether input may be written to a cache for an hour.</param>
    public long WorstCaseMicroUsd(long inputTokens, long outputTokens, bool cacheWrite, bool cacheHour)
    {
        // A higher tier that isn't reached costs nothing, but one that is may not be the dearest in every part.
        var pico = WorstCase(_base, inputTokens, outputTokens, cacheWrite, cacheHour);
        foreach (var (above, rates) in _tiers)
        {
            if (inputTokens > above)
            {
                pico = Int128.Max(pico, WorstCase(rates, inputTokens, outputTokens, cacheWrite, cacheHour));
            }
        }
        return RoundUp(pico);
    }

    private static Int128 WorstCase(in Rates rates, long input, long output, bool cacheWrite, bool cacheHour) =>
        ((Int128)input * rates.DearestInput(cacheWrite, cacheHour)) + ((Int128)output * rates.DearestOutput);

    private static long RoundUp(Int128 pico)
    {
        var micro = (pico + PicoPerMicro - 1) / PicoPerMicro;
        return micro > Limit.MaxAmount ? Limit.MaxAmount : (long)micro;
    }

    private ref readonly Rates RatesFor(long inputTokens)
    {
        for (var i = _tiers.Length - 1; i >= 0; i--)
        {
            if (inputTokens > _tiers[i].Above)
            {
                return ref _tiers[i].Rates;
            }
        }
        return ref _base;
    }
}
