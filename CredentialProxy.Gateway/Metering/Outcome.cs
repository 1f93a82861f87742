using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Usage;

namespace CredentialProxy.Gateway.Metering;

/// <summary>What a request used, and how we know.</summary>
/// <param name="Usage">Tokens; where the worst case is charged, all of them as input.</param>
/// <param name="CostMicroUsd">Cost in micro-dollars.</param>
/// <param name="Demand">What its accounts are charged.</param>
/// <param name="Marks">How the figures came about.</param>
internal readonly record struct Outcome(TokenUsage Usage, long CostMicroUsd, Demand Demand, UsageMarks Marks)
{
    /// <summary>What a provider goes on producing until it sees that nobody listens, or what is lost on the way when a connection breaks: this part of what has passed.</summary>
    private const int InFlightDivisor = 20;

    /// <summary>Judges how a request ended.</summary>
    /// <param name="request">The request.</param>
    /// <param name="held">What is held for it.</param>
    /// <param name="hiddenTokensPerSecond">How fast a model may think.</param>
    public static Outcome Of(ProxyRequest request, in Demand held, int hiddenTokensPerSecond)
    {
        var marks = request.HasClientLeft ? UsageMarks.ClientAborted : UsageMarks.None;
        if (request.Answer is not { } answer)
        {
            // It may have been sent, and nothing came back.
            return WorstCase(held, marks == UsageMarks.None ? UsageMarks.UpstreamAborted : marks);
        }
        if (request.Price is not { } price || answer.Usage is not { } meter)
        {
            return Exactly(default, 0, UsageMarks.None);
        }
        if (answer.HasEnded)
        {
            marks = UsageMarks.None;
        }
        else if (marks == UsageMarks.None)
        {
            marks = UsageMarks.UpstreamAborted;
        }
        marks |= price.IsFallback ? UsageMarks.FallbackPrice : UsageMarks.None;
        if (meter.HasUsage)
        {
            var usage = meter.Usage;
            var overrun = usage.TotalTokens > held.Tokens ? UsageMarks.Overrun : UsageMarks.None;
            return Exactly(usage, AnswerCost.Of(request, meter, usage), marks | overrun | AnswerCost.Marks(request, usage));
        }
        if (answer.StatusCode >= StatusCodes.Status400BadRequest)
        {
            // Providers charge nothing for an answer that is an error.
            return Exactly(default, 0, UsageMarks.None);
        }
        if (!request.Facts.IsStream || answer.IsUnreadable || (request.Facts.HasUnseenInput && !meter.HasInputUsage) || UnseenOutput.HasNoMeasure(request.Facts)
            || (answer.HasEnded && meter.EstimateOutputTokens() == 0))
        {
            // An answer in one piece, cut or without figures, or one that can't be read: the provider may have produced all of it. The same holds for what has been done beside the
            // answer, for input that the body did not show, and for an answer that came to its end without a figure or a word that can be read.
            return WorstCase(held, marks | AnswerCost.Marks(request, meter.Usage));
        }
        var estimate = Estimate(request, meter, held, hiddenTokensPerSecond);
        return Exactly(estimate, Math.Min(AnswerCost.Of(request, meter, estimate), held.CostMicroUsd), marks | UsageMarks.Estimated);
    }

    private static Outcome Exactly(in TokenUsage usage, long costMicroUsd, UsageMarks marks) =>
        new(usage, costMicroUsd, new Demand(usage.TotalTokens, costMicroUsd), marks);

    private static Outcome WorstCase(in Demand held, UsageMarks marks) =>
        new(new TokenUsage { InputTokens = held.Tokens }, held.CostMicroUsd, held, marks | UsageMarks.ChargedAtReservation);

    // A stream that broke off before it told: what it told so far, and a count of what passed. Never more than the worst case.
    private static TokenUsage Estimate(ProxyRequest request, Core.Metering.UsageMeter meter, in Demand held, int hiddenTokensPerSecond)
    {
        var seen = meter.Usage;
        ref var facts = ref request.Facts;
        var input = meter.HasInputUsage ? seen.InputTokens : facts.ImageTokenBound + (request.InputSample?.EstimateTokens(facts.InputTextBytes, facts.Model) ?? facts.InputTextBytes);
        input = Math.Min(input, held.Tokens);
        var output = Math.Max(seen.OutputTokens, meter.EstimateOutputTokens());
        if (!request.Answer!.HasEnded)
        {
            output += UnseenOutput.Tokens(request, output, hiddenTokensPerSecond);
            output += output / InFlightDivisor;
        }
        output = Math.Min(output, held.Tokens - input);
        return seen with { InputTokens = input, OutputTokens = output };
    }
}
