using System.Text;

namespace CredentialProxy.Gateway.Redacting;

/// <summary>How a key may be written where none of its characters is escaped.</summary>
internal static class KeyWritings
{
    /// <summary>The key as it is, and what is left of it in base64 wherever it begins within something longer; in both alphabets (RFC 4648 §4 and §5) where they differ.</summary>
    public static byte[][] Of(string key)
    {
        var bytes = Encoding.UTF8.GetBytes(key);
        var base64 = Enumerable.Range(0, 3).Select(shift => Base64(bytes, shift));
        return [bytes, .. base64.SelectMany(text => new[] { text, text.Replace('+', '-').Replace('/', '_') }).Distinct().Select(Encoding.ASCII.GetBytes)];
    }

    /// <summary>The characters that a reader takes it for.</summary>
    public static byte[] Read(byte[] written)
    {
        var characters = new List<byte>(written.Length);
        for (var i = 0; i < written.Length;)
        {
            characters.Add((byte)EscapedText.Read(written.AsSpan(i), isLast: true, out var length));
            i += length;
        }
        return [.. characters];
    }

    // What depends on the key alone, where it begins as the first, second or third byte of a group of three.
    private static string Base64(byte[] key, int shift) =>
        Convert.ToBase64String([.. new byte[shift], .. key])[(((shift * 8) + 5) / 6)..((shift + key.Length) * 8 / 6)];
}
