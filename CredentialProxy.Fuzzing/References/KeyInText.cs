using System.Globalization;
using System.Text;

namespace CredentialProxy.Fuzzing.References;

/// <summary>Whether a key can be read out of a text: the reading of whoever gets the answer, and none of the product's.</summary>
internal static class KeyInText
{
    // JSON within JSON, and an address within an address, as deep as the product promises to look.
    private const int Levels = 4;

    /// <summary>Whether the key is there: as it is or in base64, in the text itself or in what JSON's escapes or percent signs stand for.</summary>
    public static bool IsIn(string text, string key)
    {
        var (json, percent) = (text, text);
        for (var level = 0; level <= Levels; level++)
        {
            if (Holds(json, key) || Holds(percent, key))
            {
                return true;
            }
            (json, percent) = (UnescapeJson(json), UnescapePercent(percent));
        }
        return false;
    }

    /// <summary>What is left of the key in base64 when so many bytes stand before it in its group of three.</summary>
    public static string Base64(string key, int shift)
    {
        var whole = Convert.ToBase64String(Encoding.ASCII.GetBytes(new string('\0', shift) + key));
        return whole[((shift * 8 + 5) / 6)..((shift + key.Length) * 8 / 6)];
    }

    private static bool Holds(string text, string key)
    {
        var plain = text.Replace('-', '+').Replace('_', '/');
        return text.Contains(key, StringComparison.Ordinal) || Enumerable.Range(0, 3).Any(shift => plain.Contains(Base64(key, shift), StringComparison.Ordinal));
    }

    // RFC 8259 §7, one level, wherever it stands. What is no escape there stays: nobody's parser takes it for one.
    private static string UnescapeJson(string text)
    {
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var next = text[i] == '\\' && i + 1 < text.Length ? text[i + 1] : default;
            if (next == 'u' && i + 6 <= text.Length && ushort.TryParse(text.AsSpan(i + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit))
            {
                result.Append((char)unit);
                i += 5;
            }
            else if ("\"\\/bfnrt".Contains(next, StringComparison.Ordinal))
            {
                i++;
                result.Append(next switch { 'n' => '\n', 'r' => '\r', 't' => '\t', 'b' => '\b', 'f' => '\f', _ => next });
            }
            else
            {
                result.Append(text[i]);
            }
        }
        return result.ToString();
    }

    // RFC 3986 §2.1, one level.
    private static string UnescapePercent(string text)
    {
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '%' && i + 3 <= text.Length && byte.TryParse(text.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var character))
            {
                result.Append((char)character);
                i += 2;
            }
            else
            {
                result.Append(text[i]);
            }
        }
        return result.ToString();
    }
}
