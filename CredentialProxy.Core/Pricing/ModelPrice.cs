using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Usage;

namespace CredentialProxy.Core.Pricing;

/// <summary>What a model costs and how much it can read and write.</summary>
public sealed class ModelPrice
{
    private const long PicoPerMicro = 1_000_000;

    private readonly Rates _base;
    private readonly (long Above, Rates Rates)[] _tiers;
    private readonly PriceFactors _factors;
    private readonly ToolPrices _tools;

    internal ModelPrice(Rates rates, (long Above, Rates Rates)[] tiers, long maxOutputTokens, long contextTokens, bool isFallback)
        : this(rates, tiers, maxOutputTokens, contextTokens, isFallback, new PriceFactors(null), ToolPrices.None)
    {
    }

    private ModelPrice(Rates rates, (long Above, Rates Rates)[] tiers, long maxOutputTokens, long contextTokens, bool isFallback, PriceFactors factors, ToolPrices tools)
    {
        _base = rates;
        _tiers = tiers;
        _factors = factors;
        _tools = tools;
        MaxOutputTokens = maxOutputTokens;
        ContextTokens = contextTokens;
        IsFallback = isFallback;
    }

    /// <summary>Whether the model is in no table, so that this is the configured fallback.</summary>
    public bool IsFallback { get; }

    /// <summary>Whether the model may produce output that is billed and that nobody sees. What is not known not to, may.</summary>
    public bool MayReason { get; private init; } = true;

    /// <summary>The most the model writes in one answer, in tokens.</summary>
    public long MaxOutputTokens { get; }

    /// <summary>The most the model reads, in tokens.</summary>
    public long ContextTokens { get; }

    /// <summary>Whether sound that the model makes has a price.</summary>
    public bool HasAudioOutput => _base.HasAudioOutput;

    /// <summary>Whether images that the model makes have a price.</summary>
    public bool HasImageOutput => _base.HasImageOutput;

    /// <summary>The price of a million tokens of input and of output at the first tier, in dollars.</summary>
    public (decimal Input, decimal Output) UsdPerMillion => ((decimal)_base.Input / PicoPerMicro, (decimal)_base.Output / PicoPerMicro);

    /// <summary>Whether a tool has a price here, so that its calls are charged for.</summary>
    public bool Prices(HostedTool tool) => _tools.Of(tool) is not null;

    /// <summary>How many tokens the result of one call of a tool gives the model to read, at most.</summary>
    public long TokensPerCall(HostedTool tool) => Math.Min(ContextTokens, _tools.Of(tool)?.TokensPerCall ?? ContextTokens);

    /// <summary>What a model costs at its provider's factors and prices of tools.</summary>
    internal ModelPrice With(PriceFactors factors, ToolPrices tools, bool mayReason) =>
        new(_base, _tiers, MaxOutputTokens, ContextTokens, IsFallback, factors, tools) { MayReason = mayReason };

    /// <summary>The cost at the standard terms and without tools, as the other overload has it.</summary>
    public long CostMicroUsd(in TokenUsage usage) => CostMicroUsd(usage, default, default);

    /// <summary>
    /// The cost in micro-dollars, rounded up once, from 0 to <see cref="Limit.MaxAmount"/>. What the provider itself reports wins. Beyond a long-context threshold the
    /// whole request is priced at that tier, as the providers do.
    /// </summary>
    /// <param name="usage">What was used.</param>
    /// <param name="terms">How it was served.</param>
    /// <param name="calls">How often tools were called.</param>
    public long CostMicroUsd(in TokenUsage usage, ServiceTerms terms, in ToolCalls calls)
    {
        if (usage.ReportedCostMicroUsd is { } reported)
        {
            return Limit.Bound(reported);
        }
        return RoundUp(Times(UsageCost.Of(usage, RatesFor(usage.InputTokens)), _factors.Of(terms)) + CostOf(calls));
    }

    /// <summary>The most that a request can cost that has these bounds, at the dearest rates that may apply.</summary>
    public long WorstCaseMicroUsd(in CostBounds bounds)
    {
        // A higher tier that isn't reached costs nothing, but one that is may not be the dearest in every part.
        var pico = WorstCase(_base, bounds);
        foreach (var (above, rates) in _tiers)
        {
            if (bounds.InputTokens > above)
            {
                pico = Int128.Max(pico, WorstCase(rates, bounds));
            }
        }
        return RoundUp(Times(pico, _factors.AtMost(bounds.Terms)) + CostOf(bounds.Calls));
    }

    private static Int128 WorstCase(in Rates rates, in CostBounds bounds) =>
        ((Int128)bounds.InputTokens * rates.DearestInput(bounds)) + ((Int128)bounds.OutputTokens * rates.DearestOutput);

    private Int128 CostOf(in ToolCalls calls) => calls.IsEmpty
        ? 0
        : CostOf(HostedTool.WebSearch, calls.WebSearches) + CostOf(HostedTool.WebFetch, calls.WebFetches) + CostOf(HostedTool.FileSearch, calls.FileSearches)
            + CostOf(HostedTool.Container, calls.ContainerGigabytes) + CostOf(HostedTool.ImageGeneration, calls.Images) + CostOf(HostedTool.Maps, calls.MapLookups);

    private Int128 CostOf(HostedTool tool, int calls) =>
        calls > 0 && _tools.Of(tool) is { } price ? ((Int128)price.PerCall * calls) + price.PerRequest : 0;

    // Nearly always 1, and dividing 128 bits is slow.
    private static Int128 Times(Int128 pico, long factor) => factor == PriceFactors.One ? pico : pico * factor / PriceFactors.One;

    private static long RoundUp(Int128 pico)
    {
        if (pico <= long.MaxValue - PicoPerMicro)
        {
            return ((long)pico + PicoPerMicro - 1) / PicoPerMicro;
        }
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
