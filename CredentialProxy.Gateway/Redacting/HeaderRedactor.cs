using System.Text;
using Microsoft.AspNetCore.WebUtilities;

namespace CredentialProxy.Gateway.Redacting;

/// <summary>Takes the key out of an answer's headers and trailers, by the rules of its body.</summary>
/// <param name="forms">The key.</param>
/// <param name="isError">Whether the answer is an error, so that parts of the key are looked for as well.</param>
internal readonly struct HeaderRedactor(KeyForms forms, bool isError)
{
    private const int MaxOnStack = 256;

    /// <summary>The value without the key, and without characters that a header can't be written with; the same string where it has neither.</summary>
    public string Redact(string value)
    {
        if (value.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            value = string.Create(value.Length, value, static (clean, dirty) =>
            {
                for (var i = 0; i < clean.Length; i++)
                {
                    clean[i] = dirty[i] switch { >= ' ' and <= '~' => dirty[i], '\t' => ' ', _ => '?' };
                }
            });
        }
        // Nearly all are too short to hold the key.
        return value.Length == 0 || (!isError && value.Length < forms.ShortestForm) ? value : RedactForms(value);
    }

    /// <summary>Whether a header's name holds the key, so that the header can't pass at all.</summary>
    public bool IsInName(string name) => name.Length >= forms.ShortestForm && !ReferenceEquals(RedactForms(name), name);

    private string RedactForms(string value)
    {
        var redacted = RedactBytes(value);
        if (ReferenceEquals(redacted, value))
        {
            return value;
        }
        // An address works without the key, and does not with a wrong one: x-goog-upload-url.
        var mark = value.IndexOf('?', StringComparison.Ordinal);
        return mark > 0 && value.StartsWith("http", StringComparison.OrdinalIgnoreCase) ? RedactBytes(value[..mark] + WithoutKey(value[mark..])) : redacted;
    }

    private string RedactBytes(string value)
    {
        Span<byte> bytes = value.Length <= MaxOnStack ? stackalloc byte[value.Length] : new byte[value.Length];
        Encoding.ASCII.GetBytes(value, bytes);
        new AnswerRedactor(forms, isError).Redact(bytes, isLast: true);
        return Ascii.Equals(bytes, value) ? value : Encoding.ASCII.GetString(bytes);
    }

    private string WithoutKey(string query)
    {
        var rest = new StringBuilder(query.Length);
        foreach (var pair in new QueryStringEnumerable(query))
        {
            var value = pair.EncodedValue.ToString();
            if (ReferenceEquals(RedactBytes(value), value))
            {
                rest.Append(rest.Length == 0 ? '?' : '&').Append(pair.EncodedName).Append('=').Append(pair.EncodedValue);
            }
        }
        return rest.ToString();
    }
}
