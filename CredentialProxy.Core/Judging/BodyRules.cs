using CredentialProxy.Core.Inspection;
using CredentialProxy.Core.Pricing;

namespace CredentialProxy.Core.Judging;

/// <summary>Holds a grant against what a body says: its model, what it asks for beyond plain generation, and, where a limit in tokens or dollars is to hold, what has a price and a bound.</summary>
public static class BodyRules
{
    /// <summary>Refuses what the grant does not allow.</summary>
    /// <param name="request">The request; the prices of other models are found here.</param>
    /// <param name="prices">The price table.</param>
    /// <param name="hostedToolCalls">The bound on calls of tools that is put in where the body has none.</param>
    /// <param name="otherPrices">The prices of the other models that may answer; null where there are none.</param>
    /// <param name="edits">The changes that hold the body.</param>
    public static Refusal? Check(in JudgedRequest request, PriceTable prices, int hostedToolCalls, out ModelPrice[]? otherPrices, out BodyEdits edits)
    {
        otherPrices = null;
        edits = default;
        var isSpendLimited = request.Grant.IsSpendLimited;
        if ((ModelGate.Check(request.Scope, request.Facts.Model) ?? FeatureGate.Check(request, isSpendLimited)) is { } refusal)
        {
            return refusal;
        }
        if (request.Facts.Features is { Models.Count: > 0 } features)
        {
            // The operator lets others choose, but among these models only.
            otherPrices = new ModelPrice[features.Models.Count];
            for (var i = 0; i < otherPrices.Length; i++)
            {
                if (ModelGate.Check(request.Scope, features.Models[i]) is { } notAllowed)
                {
                    return notAllowed;
                }
                otherPrices[i] = prices.Find(request.Provider.Name, features.Models[i]);
            }
        }
        return isSpendLimited
            ? BodyHold.TryHold(
                new JudgedRequest(in request.Facts) { Provider = request.Provider, Endpoint = request.Endpoint, Grant = request.Grant, Price = request.Price, OtherPrices = otherPrices }, hostedToolCalls, out edits)
            : null;
    }
}
