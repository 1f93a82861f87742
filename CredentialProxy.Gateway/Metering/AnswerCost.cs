using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Inspection;
using CredentialProxy.Core.Inspection.Extras;
using CredentialProxy.Core.Judging;
using CredentialProxy.Core.Metering;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Usage;

namespace CredentialProxy.Gateway.Metering;

/// <summary>What an answer cost: its tokens at the terms it was served under, by the model that answered, and the tools that were called for it.</summary>
internal static class AnswerCost
{
    /// <summary>The cost in micro-dollars.</summary>
    public static long Of(ProxyRequest request, UsageMeter meter, in TokenUsage usage)
    {
        ref var facts = ref request.Facts;
        var terms = meter.ServedUnder(WorstCase.TermsOf(request.Judged, request.IsHeld));
        if (facts.Features is not { } features)
        {
            // Without tools of the provider's, what looks like a call of one is the client's own shell.
            return request.Price!.CostMicroUsd(usage, terms, default);
        }
        var calls = Calls(request, meter, features);
        // What another model was asked on the side is among the figures, and not told apart.
        var isByOne = features.Has(Features.ModelChoice) && !features.HasTool(HostedTool.Advisor);
        if (isByOne && meter.Model is { } answered && request.Prices!.Find(request.Route.Provider.Name, answered) is { IsFallback: false } price)
        {
            return price.CostMicroUsd(usage, terms, calls);
        }
        var cost = request.Price!.CostMicroUsd(usage, terms, calls);
        foreach (var other in request.OtherPrices ?? [])
        {
            cost = Math.Max(cost, other.CostMicroUsd(usage, terms, calls));
        }
        return cost;
    }

    /// <summary>Whether something was asked for that has no price.</summary>
    public static UsageMarks Marks(ProxyRequest request, in TokenUsage usage)
    {
        ref var facts = ref request.Facts;
        if (usage.ReportedCostMicroUsd is not null)
        {
            return UsageMarks.None;
        }
        var isUnpriced = (facts.Outputs.HasFlag(OutputKinds.Image) && !request.Price!.HasImageOutput)
            || (facts.Outputs.HasFlag(OutputKinds.Audio) && !request.Price!.HasAudioOutput)
            || (facts.Outputs & (OutputKinds.Video | OutputKinds.Other)) != 0;
        if (facts.Features is { } features)
        {
            isUnpriced |= features.Has(Features.Agents | Features.Plugins);
            foreach (var tool in features.Tools)
            {
                // The list has one price for images, whose size and quality differ.
                isUnpriced |= tool.Kind == HostedTool.ImageGeneration || !request.Price!.Prices(tool.Kind);
            }
        }
        return isUnpriced ? UsageMarks.Unpriced : UsageMarks.None;
    }

    // What no answer tells is taken to have been used once: the search of a chat that searches, a map, Anthropic's and Google's containers.
    private static ToolCalls Calls(ProxyRequest request, UsageMeter meter, RequestedFeatures features)
    {
        var calls = meter.Calls;
        var isResponses = request.Route.Endpoint!.Dialect == Dialect.OpenAIResponses;
        var isChat = request.Route.Endpoint.Dialect is Dialect.OpenAIChat or Dialect.OpenAICompletions;
        // A stored prompt has tools of its own, which only the answer tells of.
        var gigabytes = features.FieldAsks(Features.ModelChoice, "prompt") ? 1 : 0;
        foreach (var tool in features.Tools)
        {
            gigabytes += tool.Kind == HostedTool.Container ? tool.ContainerGigabytes : 0;
        }
        return calls with
        {
            WebSearches = isChat && features.HasTool(HostedTool.WebSearch) ? Math.Max(1, request.Facts.Choices) : calls.WebSearches,
            MapLookups = features.HasTool(HostedTool.Maps) ? 1 : 0,
            ContainerGigabytes = isResponses && calls.ContainerGigabytes == 0 ? 0 : gigabytes,
        };
    }
}
