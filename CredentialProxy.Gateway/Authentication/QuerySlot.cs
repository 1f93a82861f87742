using System.Text;
using Microsoft.AspNetCore.WebUtilities;

namespace CredentialProxy.Gateway.Authentication;

/// <summary>The slot in a query, <c>?key=</c>, in whatever letter case or percent-encoding it is written.</summary>
internal static class QuerySlot
{
    private const string Name = "key";

    /// <summary>Whether a query parameter is the slot.</summary>
    public static bool Is(in QueryStringEnumerable.EncodedNameValuePair pair) => pair.DecodeName().Span.Equals(Name, StringComparison.OrdinalIgnoreCase);

    /// <summary>The query without the slot, or the same string where it has none.</summary>
    public static string Remove(string query)
    {
        if (query.Length <= 1 || !Holds(query))
        {
            return query;
        }
        var rest = new StringBuilder(query.Length);
        foreach (var pair in new QueryStringEnumerable(query))
        {
            if (!Is(pair))
            {
                rest.Append(rest.Length == 0 ? '?' : '&').Append(pair.EncodedName).Append('=').Append(pair.EncodedValue);
            }
        }
        return rest.ToString();
    }

    private static bool Holds(string query)
    {
        foreach (var pair in new QueryStringEnumerable(query))
        {
            if (Is(pair))
            {
                return true;
            }
        }
        return false;
    }
}
