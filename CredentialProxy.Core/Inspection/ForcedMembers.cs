using System.Globalization;
using System.Text;
using CredentialProxy.Core.Inspection.Deciding;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Providers;

namespace CredentialProxy.Core.Inspection;

/// <summary>The changes that hold a body to what has a price and a bound. All but the named values stays as it is, byte for byte.</summary>
public static class ForcedMembers
{
    private static readonly byte[] Default = "\"default\""u8.ToArray();
    private static readonly byte[] DefaultMember = "\"service_tier\":\"default\","u8.ToArray();
    private static readonly byte[] StandardOnly = "\"standard_only\""u8.ToArray();
    private static readonly byte[] StandardOnlyMember = "\"service_tier\":\"standard_only\","u8.ToArray();
    private static readonly byte[] Standard = "\"standard\""u8.ToArray();

    /// <summary>Asks for the standard tier of service.</summary>
    /// <param name="facts">What the body says.</param>
    /// <param name="dialect">The body's dialect.</param>
    /// <param name="absentMeansOther">Whether the provider takes a body that names no tier for one that leaves the tier to the account.</param>
    public static BodyEdits StandardTier(in RequestFacts facts, Dialect dialect, bool absentMeansOther)
    {
        if (facts.Places.AsksForStandardTier)
        {
            return default;
        }
        var (value, member) = dialect switch
        {
            Dialect.OpenAIChat or Dialect.OpenAIResponses => (Default, DefaultMember),
            Dialect.AnthropicMessages => (StandardOnly, StandardOnlyMember),
            Dialect.GeminiGenerate => (Standard, null),
            _ => (null, null),
        };
        var place = facts.Places.Tier;
        if (place.IsStated && value is not null)
        {
            return default(BodyEdits).With(place.Replace(value));
        }
        return absentMeansOther && member is not null ? default(BodyEdits).With(place.Insert(member)) : default;
    }

    /// <summary>Bounds the calls of the provider's tools where the body does not: all together in OpenAI's dialects, for each tool in Anthropic's. Google's has no such bound.</summary>
    public static BodyEdits ToolCalls(in RequestFacts facts, Dialect dialect, int calls)
    {
        var edits = default(BodyEdits);
        if (facts.Features is not { Tools.Count: > 0 } features)
        {
            return edits;
        }
        if (dialect == Dialect.OpenAIResponses && features.MaxToolCalls is null)
        {
            return edits.With(Bound(features.ToolCallsPlace, "max_tool_calls", calls));
        }
        foreach (var tool in dialect == Dialect.AnthropicMessages ? features.Tools : [])
        {
            if (tool is { MaxUses: null, Kind: HostedTool.WebSearch or HostedTool.WebFetch or HostedTool.Advisor, UsesPlace.InsideAt: > 0 })
            {
                edits = edits.With(Bound(tool.UsesPlace, "max_uses", calls));
            }
        }
        return edits;
    }

    /// <summary>Bounds the price at which a router may serve the request, in dollars per million tokens; false where the body's own preferences leave no place for that.</summary>
    public static bool TryBoundRouterPrice(in RequestFacts facts, decimal promptUsd, decimal completionUsd, out BodyEdits edits)
    {
        if (facts.Places.Router is { } router)
        {
            return router.TryBound(promptUsd, completionUsd, out edits);
        }
        edits = default(BodyEdits).With(facts.Places.Tier.Insert(RouterPrices.Member(promptUsd, completionUsd)));
        return true;
    }

    private static BodyEdit Bound(in MemberPlace place, string name, int calls)
    {
        var number = calls.ToString(CultureInfo.InvariantCulture);
        return place.IsStated ? place.Replace(Encoding.ASCII.GetBytes(number)) : place.Insert(Encoding.ASCII.GetBytes($"\"{name}\":{number},"));
    }
}
