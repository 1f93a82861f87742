using Microsoft.IdentityModel.Tokens;

namespace CredentialProxy.Core.Tokens.Keys;

/// <summary>How a signing key signs (RFC 7518 §3).</summary>
public enum SigningAlgorithm
{
    /// <summary>ECDSA on P-256: what proves a token can't sign one.</summary>
    Es256,

    /// <summary>RSA with 3072 bits: what proves a token can't sign one.</summary>
    Rs256,

    /// <summary>HMAC: what proves a token could sign one as well.</summary>
    Hs256,
}

/// <summary>The algorithms' names, as headers of tokens (RFC 7518 §3.1), the API and the store write them.</summary>
public static class SigningAlgorithms
{
    /// <summary>All names, the usual one first.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Enum.GetValues<SigningAlgorithm>().Select(NameOf)];

    /// <summary>The name of an algorithm.</summary>
    public static string NameOf(SigningAlgorithm algorithm) => algorithm switch
    {
        SigningAlgorithm.Es256 => SecurityAlgorithms.EcdsaSha256,
        SigningAlgorithm.Rs256 => SecurityAlgorithms.RsaSha256,
        _ => SecurityAlgorithms.HmacSha256,
    };

    /// <summary>The algorithm of this name; false for any other name.</summary>
    public static bool TryParse(string? name, out SigningAlgorithm algorithm)
    {
        (var isKnown, algorithm) = name switch
        {
            SecurityAlgorithms.EcdsaSha256 => (true, SigningAlgorithm.Es256),
            SecurityAlgorithms.RsaSha256 => (true, SigningAlgorithm.Rs256),
            SecurityAlgorithms.HmacSha256 => (true, SigningAlgorithm.Hs256),
            _ => (false, default),
        };
        return isKnown;
    }
}
