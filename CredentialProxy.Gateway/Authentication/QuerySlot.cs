using System.Text;
using Microsoft.AspNetCore.WebUtilities;

namespace CredentialProxy.Gateway.Authentication;

/// <summary>The slot in a query, <c>?key=</c>, in whatever letter case or percent-encoding it is written; and <c>?$key=</c>, which Google's servers take for the same.</summary>
internal static class QuerySlot
{
    private const string Name = "key";
    private const string OtherName = "$key";

    /// <summary>Whether a query parameter is the slot.</summary>
    public static bool Is(in QueryStringEnumerable.EncodedNameValuePair pair)
    {
        var name = pair.DecodeName().Span;
        return name.Equals(Name, StringComparison.OrdinalIgnoreCase) || name.Equals(OtherName, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The query without the slot, or the same string where it has none.</summary>
    /// <param name="query">The query with its <c>?</c>; empty for none.</param>
    /// <param name="providersName">The parameter in which the provider takes its key, which no client may set either; null where it takes it elsewhere.</param>
    public static string Remove(string query, string? providersName)
    {
        if (query.Length <= 1 || !Holds(query, providersName))
        {
            return query;
        }
        var rest = new StringBuilder(query.Length);
        foreach (var pair in new QueryStringEnumerable(query))
        {
            if (!IsEither(pair, providersName))
            {
                rest.Append(rest.Length == 0 ? '?' : '&').Append(pair.EncodedName).Append('=').Append(pair.EncodedValue);
            }
        }
        return rest.ToString();
    }

    private static bool Holds(string query, string? providersName)
    {
        foreach (var pair in new QueryStringEnumerable(query))
        {
            if (IsEither(pair, providersName))
            {
                return true;
            }
        }
        return false;
    }

    private static bool IsEither(in QueryStringEnumerable.EncodedNameValuePair pair, string? providersName) =>
        Is(pair) || (providersName is not null && pair.DecodeName().Span.Equals(providersName, StringComparison.OrdinalIgnoreCase));
}
