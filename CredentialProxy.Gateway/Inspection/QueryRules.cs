using CredentialProxy.Core.Judging;
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

    // Of what is not metered the form is the client's own business.
    private static readonly string[] AlwaysForbidden = ["httpMethod", "callback", "access_token", "oauth_token"];

    private static readonly Refusal Refused =
        new(RefusalCode.InvalidRequestTarget, "The query has a parameter that would change what is answered or who answers: leave it out.") { IsFinal = true };

    /// <summary>Refuses the query of a call that is not metered.</summary>
    public static Refusal? CheckUnmetered(string query)
    {
        if (query.Length <= 1)
        {
            return null;
        }
        foreach (var pair in new QueryStringEnumerable(query))
        {
            if (IsAmong(AlwaysForbidden, pair.DecodeName().Span.TrimStart('$')))
            {
                return Refused;
            }
        }
        return null;
    }

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
            if (IsAmong(Forbidden, name)
                || (name.Equals("alt", StringComparison.OrdinalIgnoreCase) && !(value.SequenceEqual("sse") || value.SequenceEqual("json")))
                || (name.Equals("model", StringComparison.OrdinalIgnoreCase) && !value.SequenceEqual(model)))
            {
                return Refused;
            }
        }
        return null;
    }

    private static bool IsAmong(string[] names, ReadOnlySpan<char> name)
    {
        foreach (var forbidden in names)
        {
            if (name.Equals(forbidden, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }
        return false;
    }
}
