using CredentialProxy.Core.Inspection;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Providers;

namespace CredentialProxy.Gateway.Reserving;

/// <summary>
/// The most that a request can cost: every byte of text an input token, every choice as long as its limit lets it be, at the dearest rate that may apply.
/// What was not spent of it is given back when the request is settled.
/// </summary>
internal static class WorstCase
{
    /// <summary>The most that the request can take of each unit.</summary>
    public static Demand Of(Endpoint endpoint, in RequestFacts facts, ModelPrice? price) =>
        price is null ? new Demand(0, 0) : Of(facts, price, OutputTokens(endpoint, facts, price));

    /// <summary>The same with at most this much output, all choices together.</summary>
    public static Demand Of(in RequestFacts facts, ModelPrice price, long outputTokens)
    {
        var input = InputTokens(facts, price);
        return new Demand(
            Saturate((decimal)input + outputTokens),
            price.WorstCaseMicroUsd(input, outputTokens, facts.WantsCacheWrite, facts.WantsCacheHour));
    }

    /// <summary>Whether the endpoint's answers have output that a limit in the request bounds.</summary>
    public static bool HasOutput(Endpoint endpoint) => endpoint.Dialect is not (Dialect.None or Dialect.OpenAIEmbeddings or Dialect.GeminiEmbed);

    private static long InputTokens(in RequestFacts facts, ModelPrice price) =>
        // Input that the body only points to can be anything up to what the model can read.
        facts.HasUnseenInput ? Math.Max(facts.InputTokenBound, price.ContextTokens) : facts.InputTokenBound;

    private static long OutputTokens(Endpoint endpoint, in RequestFacts facts, ModelPrice price)
    {
        if (!HasOutput(endpoint))
        {
            return 0;
        }
        var each = (decimal)(facts.OutputLimit ?? price.MaxOutputTokens) + facts.ThinkingBudget;
        return Saturate(each * Math.Max(1, facts.Choices));
    }

    private static long Saturate(decimal amount) => amount >= Limit.MaxAmount ? Limit.MaxAmount : (long)amount;
}
