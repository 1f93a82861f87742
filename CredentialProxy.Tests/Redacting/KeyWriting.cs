using System.Globalization;
using System.Text;

namespace CredentialProxy.Tests.Redacting;

/// <summary>The ways in which an upstream may write the key into its answer.</summary>
internal static class KeyWriting
{
    /// <summary>Every way, by name: as it is, each character escaped, some of them, within something longer.</summary>
    public static IReadOnlyDictionary<string, Func<string, string>> All { get; } = new Dictionary<string, Func<string, string>>
    {
        ["raw"] = key => key,
        ["bearer"] = key => "Bearer " + key,
        ["json"] = key => Each(key, Unicode),
        ["json in upper case"] = key => Each(key, character => "\\u" + ((int)character).ToString("X4", CultureInfo.InvariantCulture)),
        ["json of punctuation"] = key => Each(key, character => char.IsAsciiLetterOrDigit(character) ? character.ToString() : Unicode(character)),
        ["json within json"] = key => Each(key, character => "\\" + Unicode(character)),
        ["json four times over"] = key => Each(key, character => @"\\\\\\\" + Unicode(character)),
        ["percent"] = key => Each(key, Percent),
        ["percent in lower case"] = key => Each(key, character => "%" + ((int)character).ToString("x2", CultureInfo.InvariantCulture)),
        ["percent of punctuation"] = key => Each(key, character => char.IsAsciiLetterOrDigit(character) ? character.ToString() : Percent(character)),
        ["percent twice"] = key => Each(key, character => Percent(character).Replace("%", "%25", StringComparison.Ordinal)),
        ["mixed"] = key => string.Concat(key.Select((character, i) => (i % 3) switch { 0 => character.ToString(), 1 => Unicode(character), _ => Percent(character) })),
        ["base64"] = key => Base64(key),
        ["base64 of basic"] = key => Base64("u:" + key),
        ["base64 of bearer"] = key => Base64("Bearer " + key),
        ["base64 of a header line"] = key => Base64("authorization: Bearer " + key + "\r\nhost: api.example\r\n"),
        ["base64 for addresses"] = key => Base64(key).Replace('+', '-').Replace('/', '_').TrimEnd('='),
        ["base64 in json"] = key => Each(Base64("x" + key), character => char.IsAsciiLetterOrDigit(character) ? character.ToString() : Unicode(character)),
    };

    /// <summary>Whether the key, or its base64, can be read out of a text by taking off escapes.</summary>
    public static bool CanBeReadOutOf(string text, string key)
    {
        var plain = Plain(text);
        return new[] { text, plain }.Any(view => view.Contains(key, StringComparison.Ordinal) || HoldsBase64(view.Replace('-', '+').Replace('_', '/'), key));
    }

    private static bool HoldsBase64(string text, string key)
    {
        for (var shift = 0; shift < 3; shift++)
        {
            var whole = Base64(new string('\0', shift) + key);
            if (text.Contains(whole[((shift * 8 + 5) / 6)..((shift + key.Length) * 8 / 6)], StringComparison.Ordinal))
            {
                return true;
            }
        }
        return false;
    }

    // Not the product's reader: it takes off one level after the other until nothing changes.
    private static string Plain(string text)
    {
        for (var before = ""; before != text;)
        {
            before = text;
            text = System.Text.RegularExpressions.Regex.Replace(text, @"\\+u00([0-9a-fA-F]{2})|%([0-9a-fA-F]{2})|\\+(?=[/""])", match =>
                match.Length > 0 && match.Value.Any(char.IsAsciiHexDigit) ? ((char)Convert.ToInt32(match.Groups[1].Value + match.Groups[2].Value, 16)).ToString() : "");
        }
        return text;
    }

    private static string Each(string key, Func<char, string> write) => string.Concat(key.Select(write));

    private static string Unicode(char character) => "\\u" + ((int)character).ToString("x4", CultureInfo.InvariantCulture);

    private static string Percent(char character) => "%" + ((int)character).ToString("X2", CultureInfo.InvariantCulture);

    private static string Base64(string text) => Convert.ToBase64String(Encoding.Latin1.GetBytes(text));
}
