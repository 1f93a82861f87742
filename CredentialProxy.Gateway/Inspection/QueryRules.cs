using CredentialProxy.Gateway.Refusals;
using Microsoft.AspNetCore.WebUtilities;

namespace CredentialProxy.Gateway.Inspection;

/// <summary>
/// Refuses parameters in the query of a metered call by which Google's servers would answer in another form than the meter reads, or do another thing than the path says
/// (https://cloud.google.com/apis/docs/system-parameters), and a model other than the body's. All others pass.
/// </summary>
internal static class QueryRules
{
    // With or without the dollar sign.
    private static readonly string[] Forbidden = ["fields", "httpMethod", "callback", "access_token", "oauth_token", "unique", "upload_protocol", "uploadType", ".xgafv"];

    /// <summary>Refuses a query.</summary>
    /// <param name="query">The query as it was sent, its <c>?</c> included; empty for none.</param>
    /// <param name="model">The model that the body or the path names.</param>
    public static Refusal? Check(string query, string model)
    {
        if (query.Length <= 1)
        {
            return null;
        }
        foreach (var pair in new QueryStringEnumerable(query))
        {
            var name = pair.DecodeName().Span.TrimStart('$');
            var value = pair.DecodeValue().Span;
            if (IsForbidden(name)
                || (name.Equals("alt", StringComparison.OrdinalIgnoreCase) && !(value.SequenceEqual("sse") || value.SequenceEqual("json")))
                || (name.Equals("model", StringComparison.OrdinalIgnoreCase) && !value.SequenceEqual(model)))
            {
                return new Refusal(RefusalCode.InvalidRequestTarget, "The query has a parameter that would change what is answered or who answers: leave it out.") { IsFinal = true };
            }
        }
        return null;
    }

    private static bool IsForbidden(ReadOnlySpan<char> name)
    {
        foreach (var forbidden in Forbidden)
        {
            if (name.Equals(forbidden, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }
        return false;
    }
}
