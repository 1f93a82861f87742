using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Inspection;
using CredentialProxy.Core.Judging;

namespace CredentialProxy.Gateway.Metering;

/// <summary>
/// What a provider may have produced of an answer without showing it, where its figures never came. Thinking takes time, so that the time in which nothing came bounds it, at the rate of the fastest
/// hosts that are known; without that, whoever leaves while a model thinks would have its thoughts for nothing.
/// </summary>
internal static class UnseenOutput
{
    /// <summary>
    /// Whether neither words nor time tell how much there was: sound is sent as bytes, of a prediction what was rejected is billed and not sent, a summary is written before the answer, and tools of the
    /// provider's work beside it.
    /// </summary>
    public static bool HasNoMeasure(in RequestFacts facts) =>
        facts.Features is { All: not Features.None } || facts.Outputs != OutputKinds.None || facts.PredictionTokenBound > 0 || facts.WantsCompaction;

    /// <summary>The tokens that a model may have thought in an answer that broke off.</summary>
    /// <param name="request">The request, whose answer has begun.</param>
    /// <param name="seen">The output that is known; both together are no more than what is held for output.</param>
    /// <param name="tokensPerSecond">How fast a model may think.</param>
    public static long Tokens(ProxyRequest request, long seen, int tokensPerSecond)
    {
        if (!request.Price!.MayReason)
        {
            return 0;
        }
        var thought = request.Answer!.Silence.TotalSeconds * tokensPerSecond * Math.Max(1, request.Facts.Choices);
        return Math.Min((long)Math.Ceiling(thought), Math.Max(0, WorstCase.OutputTokens(request.Judged) - seen));
    }
}
