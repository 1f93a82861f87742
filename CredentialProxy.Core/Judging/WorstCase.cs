using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Providers;

namespace CredentialProxy.Core.Judging;

/// <summary>
/// The most that a request can cost: every byte of text an input token, every choice as long as its limit lets it be, every tool as often as it may be called, at the dearest rate and
/// factor that may apply. What was not spent of it is given back when the request is settled.
/// </summary>
public static class WorstCase
{
    /// <summary>The most that the request can take of each unit.</summary>
    /// <param name="request">The request.</param>
    /// <param name="isHeld">Whether its body is held to what has a price and a bound.</param>
    /// <param name="toolCalls">The bound on calls of tools that is put in then.</param>
    public static Demand Of(in JudgedRequest request, bool isHeld, int toolCalls) =>
        request.Price is null
            ? new Demand(0, 0)
            : Of(request, isHeld, toolCalls, CanLimitOutput(request.Endpoint) ? request.Facts.OutputLimit : null);

    /// <summary>The same with this limit on the output of each answer; null for none.</summary>
    public static Demand Of(in JudgedRequest request, bool isHeld, int toolCalls, long? outputLimit)
    {
        var demand = Of(request, request.Price!, isHeld, toolCalls, outputLimit);
        foreach (var other in request.OtherPrices ?? [])
        {
            // Each may be tried in its turn, and be paid for.
            var more = Of(request, other, isHeld, toolCalls, outputLimit);
            demand = new Demand(Saturate((decimal)demand.Tokens + more.Tokens), Saturate((decimal)demand.CostMicroUsd + more.CostMicroUsd));
        }
        return demand;
    }

    /// <summary>The most that the model that is named may write, all answers together.</summary>
    public static long OutputTokens(in JudgedRequest request) =>
        Saturate(Written(request, request.Price!, CanLimitOutput(request.Endpoint) ? request.Facts.OutputLimit : null));

    /// <summary>Whether the endpoint's answers have output that a limit in the request bounds.</summary>
    public static bool CanLimitOutput(Endpoint endpoint) => HasOutput(endpoint) && !endpoint.Lacks.Contains(Endpoint.MaxOutputTokens);

    /// <summary>
    /// The terms that the body is sent with: a held one asks for the standard tier, unless others are granted; and so it is where the endpoint takes no other, whatever the body says. Anthropic's
    /// tier in these terms is its speed, which is not held.
    /// </summary>
    public static ServiceTerms TermsOf(in JudgedRequest request, bool isHeld)
    {
        var endpoint = request.Endpoint;
        var isHeldToStandard = isHeld && endpoint.Dialect != Dialect.AnthropicMessages && !request.Scope.Features.HasFlag(Core.Grants.Features.ServiceTiers);
        return isHeldToStandard || endpoint.Lacks.Contains(Endpoint.ServiceTier) ? request.Facts.Terms with { Tier = ServiceTier.Standard } : request.Facts.Terms;
    }

    private static Demand Of(in JudgedRequest request, ModelPrice price, bool isHeld, int toolCalls, long? outputLimit)
    {
        ref readonly var facts = ref request.Facts;
        var endpoint = request.Endpoint;
        var tools = facts.Features is { Tools.Count: > 0 } features
            ? ToolBounds.Of(features, endpoint.Dialect, facts.Choices, price, toolCalls)
            : default;
        // Input that the body only points to can be anything up to what the model can read.
        var input = facts.HasUnseenInput ? Math.Max(facts.InputTokenBound, price.ContextTokens) : facts.InputTokenBound;
        var read = (decimal)tools.InputTokens(input, price.ContextTokens);
        var written = Written(request, price, outputLimit);
        if (facts.WantsCompaction)
        {
            // Before each turn the model may read everything and write a summary.
            read += (decimal)Math.Max(input, price.ContextTokens) * (1 + tools.Turns);
            written += (decimal)price.MaxOutputTokens * (1 + tools.Turns);
        }
        var cost = price.WorstCaseMicroUsd(new CostBounds
        {
            InputTokens = Saturate(read),
            OutputTokens = Saturate(written),
            // All but Anthropic fill their caches unasked.
            MayWriteCache = facts.WantsCacheWrite || endpoint.Dialect != Dialect.AnthropicMessages,
            MayWriteLongCache = facts.WantsCacheHour,
            MayHaveMedia = facts.HasImages || facts.HasUnseenInput,
            Terms = TermsOf(request, isHeld),
            Calls = tools.Calls,
        });
        var headroom = isHeld && BodyHold.IsRouted(request.Provider) ? BodyHold.RouterHeadroom : 1;
        return new Demand(Saturate(read + written), Saturate((decimal)cost * headroom));
    }

    private static decimal Written(in JudgedRequest request, ModelPrice price, long? outputLimit)
    {
        ref readonly var facts = ref request.Facts;
        return HasOutput(request.Endpoint)
            ? ((decimal)(outputLimit ?? price.MaxOutputTokens) + facts.ThinkingBudget + facts.PredictionTokenBound) * Math.Max(1, facts.Choices)
            : 0;
    }

    private static bool HasOutput(Endpoint endpoint) => endpoint.Dialect is not (Dialect.None or Dialect.OpenAIEmbeddings or Dialect.GeminiEmbed);

    private static long Saturate(decimal amount) => amount >= Limit.MaxAmount ? Limit.MaxAmount : (long)amount;
}
