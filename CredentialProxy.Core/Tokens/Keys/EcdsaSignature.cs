using System.Buffers.Text;
using System.Numerics;

namespace CredentialProxy.Core.Tokens.Keys;

/// <summary>
/// Signatures by ES256 (RFC 7518 §3.4): two numbers r and s of 32 bytes. With (r, s) the signature (r, n − s) fits as well, and everybody can work it out; of the two we take, and make, that with
/// the lower s, or each token would be two.
/// </summary>
internal static class EcdsaSignature
{
    /// <summary>Length in bytes.</summary>
    public const int Bytes = 2 * Half;

    private const int Half = 32;

    // The order n of P-256 (NIST SP 800-186 §3.2.1.3), and its half.
    private static readonly BigInteger Order = new(Convert.FromHexString("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551"), isUnsigned: true, isBigEndian: true);
    private static readonly byte[] HalfOrder = (Order / 2).ToByteArray(isUnsigned: true, isBigEndian: true);

    /// <summary>Whether s is the lower of the two.</summary>
    public static bool IsLow(ReadOnlySpan<byte> signature) => signature[Half..].SequenceCompareTo(HalfOrder) <= 0;

    /// <summary>The token, with the lower of the two signatures that fit.</summary>
    public static string Lower(string token)
    {
        var end = token.LastIndexOf('.') + 1;
        var signature = Base64Url.DecodeFromChars(token.AsSpan(end));
        if (IsLow(signature))
        {
            return token;
        }
        var low = (Order - new BigInteger(signature.AsSpan(Half), isUnsigned: true, isBigEndian: true)).ToByteArray(isUnsigned: true, isBigEndian: true);
        signature.AsSpan(Half).Clear();
        low.CopyTo(signature, Bytes - low.Length);
        return string.Concat(token.AsSpan(0, end), Base64Url.EncodeToString(signature));
    }
}
