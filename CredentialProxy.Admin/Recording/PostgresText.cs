using System.Text;

namespace CredentialProxy.Admin.Recording;

/// <summary>Text as Postgres can hold it.</summary>
internal static class PostgresText
{
    /// <summary>The text, with U+FFFD for each NUL and for each half of a surrogate pair.</summary>
    public static string Clean(string text)
    {
        foreach (var c in text)
        {
            if (c == '\0' || char.IsSurrogate(c))
            {
                return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)).Replace('\0', '\uFFFD');
            }
        }
        return text;
    }
}
