using CredentialProxy.Core.Tokens.Keys;

namespace CredentialProxy.Core.Tokens;

/// <summary>What the header of a token (RFC 7515 §4) may hold.</summary>
internal static class JwtHeader
{
    // Each of these would have the token choose its key or change how it is read (RFC 8725 §3.1, §3.10).
    private static readonly string[] Refused = ["jku", "jwk", "x5u", "x5c", "crit", "enc", "zip", "b64"];

    /// <summary>Why a header is refused; null when it is not.</summary>
    public static string? Refuse(JwtJson header)
    {
        if (!header.TryGetString("alg", out var algorithm) || !SigningAlgorithms.TryParse(algorithm, out _))
        {
            return $"its algorithm is not one that is taken here ({string.Join(", ", SigningAlgorithms.Names)})";
        }
        foreach (var name in Refused)
        {
            if (header.Has(name))
            {
                return $"its header must not hold '{name}'";
            }
        }
        return header.TryGetString("typ", out var type) && (type is null || type.Equals("JWT", StringComparison.OrdinalIgnoreCase)) ? null : "its 'typ' must be JWT";
    }
}
