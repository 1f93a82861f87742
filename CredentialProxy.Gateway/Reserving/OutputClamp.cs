using CredentialProxy.Core.Inspection;
using CredentialProxy.Core.Judging;
using CredentialProxy.Core.Limits;

namespace CredentialProxy.Gateway.Reserving;

/// <summary>Lowers a request's output limit so that its worst case fits what an account has left, where an operator prefers that to a refusal.</summary>
internal static class OutputClamp
{
    /// <summary>Finds the largest output limit that fits the shortage; false when not even one token does, or the request has no output limit to lower.</summary>
    public static bool TryFit(ProxyRequest request, bool isHeld, int toolCalls, LimitShortage shortage, out BodyEdits edits, out Demand fitting)
    {
        edits = default;
        fitting = default;
        if (request.Price is not { } price || shortage.Limit.Unit is not (LimitUnit.Tokens or LimitUnit.Usd) || !WorstCase.CanLimitOutput(request.Route.Endpoint!))
        {
            return false;
        }
        long low = 0;
        var high = request.Facts.OutputLimit ?? price.MaxOutputTokens;
        while (low < high)
        {
            var middle = low + ((high - low + 1) / 2);
            if (WorstCase.Of(request.Judged, isHeld, toolCalls, middle).Of(shortage.Limit.Unit) <= shortage.Remaining)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }
        if (low < 1)
        {
            return false;
        }
        fitting = WorstCase.Of(request.Judged, isHeld, toolCalls, low);
        return request.Facts.TryClampOutput(low, out edits);
    }
}
