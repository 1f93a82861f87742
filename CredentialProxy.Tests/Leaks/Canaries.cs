using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.RegularExpressions;

namespace CredentialProxy.Tests.Leaks;

/// <summary>Secrets that are found wherever they turn up: as they are, in base64 wherever in a longer text, percent-encoded, or escaped as in JSON.</summary>
internal sealed partial class Canaries
{
    private readonly Dictionary<string, string> _nameOfForm = new(StringComparer.Ordinal);

    /// <summary>A secret that has never been seen before, with characters in it that every encoding writes in a way of its own.</summary>
    public static string New(string kind) => $"{kind}-{RandomNumberGenerator.GetHexString(12, lowercase: true)}+/=\"&%<\\{RandomNumberGenerator.GetHexString(12, lowercase: true)}";

    /// <summary>Adds a secret and gives it back.</summary>
    public string Add(string name, string secret)
    {
        foreach (var form in FormsOf(secret))
        {
            _nameOfForm.TryAdd(form, name);
        }
        return secret;
    }

    /// <summary>Says which secrets a text shows, and where; empty for none.</summary>
    public IReadOnlyList<string> FindIn(string text)
    {
        var forms = SearchValues.Create([.. _nameOfForm.Keys], StringComparison.Ordinal);
        var found = new List<string>();
        for (var start = 0; found.Count < 20 && text.AsSpan(start).IndexOfAny(forms) is var index and >= 0; start += index + 1)
        {
            var at = start + index;
            var form = _nameOfForm.Keys.First(candidate => text.AsSpan(at).StartsWith(candidate, StringComparison.Ordinal));
            found.Add($"{_nameOfForm[form]} as {form} in …{text[Math.Max(0, at - 160)..Math.Min(text.Length, at + form.Length + 60)]}…");
        }
        return found;
    }

    /// <summary>The forms in which a secret is searched for.</summary>
    public static IEnumerable<string> FormsOf(string secret)
    {
        var bytes = Encoding.UTF8.GetBytes(secret);
        string[] forms =
        [
            secret,
            Uri.EscapeDataString(secret), Lower(Uri.EscapeDataString(secret)), System.Net.WebUtility.UrlEncode(secret),
            JavaScriptEncoder.Default.Encode(secret), JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(secret), Lower(JavaScriptEncoder.Default.Encode(secret)),
            .. Enumerable.Range(0, 3).Select(offset => Base64Within(bytes, offset)),
            .. Enumerable.Range(0, 3).Select(offset => Base64Within(bytes, offset).Replace('+', '-').Replace('/', '_')),
            Convert.ToHexStringLower(bytes), Convert.ToHexString(bytes),
        ];
        return forms.Distinct();

        static string Lower(string text) => Escape().Replace(text, escape => escape.Value.ToLowerInvariant());
    }

    [GeneratedRegex(@"%[0-9A-F]{2}|\\u[0-9A-F]{4}")]
    private static partial Regex Escape();

    // What base64 makes of the bytes when so many others, modulo three, stand before them and any behind.
    private static string Base64Within(byte[] bytes, int offset)
    {
        var text = Convert.ToBase64String([.. new byte[offset], .. bytes]);
        return text[(offset == 0 ? 0 : offset + 1)..((offset + bytes.Length) * 8 / 6)];
    }
}
