using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Inspection;
using CredentialProxy.Core.Providers;

namespace CredentialProxy.Core.Judging;

/// <summary>Holds a body to what has a price and a bound: the standard tier of service, a number of calls of tools, a router's price.</summary>
public static class BodyHold
{
    /// <summary>
    /// How many times a model's listed price a router may pay for it. OpenRouter sends a request to another host of the model when the cheapest one has no room, or as the client prefers; this bounds
    /// what that may cost, and as much is reserved.
    /// </summary>
    public const int RouterHeadroom = 2;

    /// <summary>Whether a router chooses what a request to this provider costs.</summary>
    public static bool IsRouted(Provider provider) => provider.Name == KnownProviders.OpenRouter;

    /// <summary>Finds the changes; refuses a body in which they can't be made.</summary>
    public static Refusal? TryHold(in JudgedRequest request, int hostedToolCalls, out BodyEdits edits)
    {
        edits = default;
        ref readonly var facts = ref request.Facts;
        var provider = request.Provider;
        var endpoint = request.Endpoint;
        var dialect = endpoint.Dialect;
        if (!endpoint.Lacks.Contains(Endpoint.ServiceTier) && !request.Scope.Features.HasFlag(Features.ServiceTiers))
        {
            edits = ForcedMembers.StandardTier(facts, dialect, absentMeansOther: provider.Name is KnownProviders.OpenAI or KnownProviders.Anthropic);
        }
        if (facts.Features is not null)
        {
            edits = edits.With(ForcedMembers.ToolCalls(facts, dialect, hostedToolCalls));
        }
        if (IsRouted(provider))
        {
            var (prompt, completion) = DearestListed(request);
            if (!ForcedMembers.TryBoundRouterPrice(facts, prompt * RouterHeadroom, completion * RouterHeadroom, out var bound))
            {
                return new Refusal(RefusalCode.InvalidRequestBody, "'provider' must be an object of preferences, and its 'max_price' one of prices.") { Parameter = "provider", IsFinal = true };
            }
            edits = edits.With(bound);
        }
        return null;
    }

    private static (decimal Prompt, decimal Completion) DearestListed(in JudgedRequest request)
    {
        var (prompt, completion) = request.Price!.UsdPerMillion;
        foreach (var other in request.OtherPrices ?? [])
        {
            prompt = Math.Max(prompt, other.UsdPerMillion.Input);
            completion = Math.Max(completion, other.UsdPerMillion.Output);
        }
        return (prompt, completion);
    }
}
