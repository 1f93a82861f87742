using System.Buffers.Text;
using System.Security.Cryptography;

namespace CredentialProxy.Core.Tokens;

/// <summary>Opaque tokens: <c>ptk_</c> and 24 random bytes in base64url, or a string of the operator's choice. Shown once, kept as a hash.</summary>
public static class ProxyToken
{
    /// <summary>What generated tokens begin with.</summary>
    public const string Prefix = "ptk_";

    /// <summary>Fewest characters of a token that an operator chooses.</summary>
    public const int MinCustomLength = 12;

    /// <summary>Most characters of a token that an operator chooses.</summary>
    public const int MaxCustomLength = 512;

    private const int RandomBytes = 24;

    /// <summary>A new token.</summary>
    public static string Generate() => Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes));

    /// <summary>
    /// Whether an operator may choose this token: 12 to 512 printable characters without blanks, and not of the look of a JWT, as which it would be taken.
    /// </summary>
    public static bool IsAcceptable(string token) =>
        token.Length is >= MinCustomLength and <= MaxCustomLength && !token.AsSpan().ContainsAnyExceptInRange('!', '~') && !token.StartsWith("ey", StringComparison.Ordinal);

    /// <summary>The token as it may be shown: <c>ptk_ab…yz</c>.</summary>
    public static string Mask(string token) => token.Length >= MinCustomLength ? $"{token[..(token.StartsWith(Prefix, StringComparison.Ordinal) ? 6 : 2)]}…{token[^2..]}" : "…";

    /// <summary>The last four characters, to tell tokens apart by eye.</summary>
    public static string LastFour(string token) => token[^4..];
}
