using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CredentialProxy.Core.Vault;
using Microsoft.IdentityModel.Tokens;

namespace CredentialProxy.Core.Tokens.Keys;

/// <summary>A signing key as it comes into being, both halves as JSON Web Keys (RFC 7517).</summary>
/// <param name="PrivateJwk">What signs.</param>
/// <param name="PublicJwk">What proves, for everybody to see; null where what proves could sign as well.</param>
public sealed record SigningKeyPair(Secret PrivateJwk, string? PublicJwk)
{
    // 128 bits of strength (NIST SP 800-57 part 1, table 2), as the other algorithms have; RFC 7518 §3.3 asks for 2048.
    private const int RsaBits = 3072;

    private static readonly JsonSerializerOptions Format = new() { DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull };

    /// <summary>Makes one.</summary>
    /// <param name="id">Its <c>kid</c>.</param>
    /// <param name="algorithm">How it signs.</param>
    public static SigningKeyPair Make(string id, SigningAlgorithm algorithm)
    {
        switch (algorithm)
        {
            case SigningAlgorithm.Es256:
                using (var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256))
                {
                    return Of(id, algorithm, JsonWebKeyConverter.ConvertFromECDsaSecurityKey(new ECDsaSecurityKey(ecdsa)));
                }
            case SigningAlgorithm.Rs256:
                using (var rsa = RSA.Create(RsaBits))
                {
                    return Of(id, algorithm, JsonWebKeyConverter.ConvertFromRSASecurityKey(new RsaSecurityKey(rsa.ExportParameters(includePrivateParameters: true))));
                }
            default:
                return OfSecret(id, RandomNumberGenerator.GetBytes(SessionTokenOptions.MinSecretBytes));
        }
    }

    /// <summary>One that signs with a secret that there is already.</summary>
    public static SigningKeyPair OfSecret(string id, Secret secret) => OfSecret(id, Encoding.UTF8.GetBytes(secret.Reveal()));

    private static SigningKeyPair OfSecret(string id, byte[] secret) =>
        Of(id, SigningAlgorithm.Hs256, JsonWebKeyConverter.ConvertFromSymmetricSecurityKey(new SymmetricSecurityKey(secret)));

    private static SigningKeyPair Of(string id, SigningAlgorithm algorithm, JsonWebKey key)
    {
        var name = SigningAlgorithms.NameOf(algorithm);
        var proves = new { kty = key.Kty, crv = key.Crv, x = key.X, y = key.Y, n = key.N, e = key.E, use = "sig", alg = name, kid = id };
        var signs = new { kty = key.Kty, crv = key.Crv, x = key.X, y = key.Y, n = key.N, e = key.E, d = key.D, p = key.P, q = key.Q, dp = key.DP, dq = key.DQ, qi = key.QI, k = key.K, alg = name, kid = id };
        return new SigningKeyPair(new Secret(JsonSerializer.Serialize(signs, Format)), algorithm == SigningAlgorithm.Hs256 ? null : JsonSerializer.Serialize(proves, Format));
    }
}
