using System.Buffers.Text;
using Microsoft.IdentityModel.Tokens;

namespace CredentialProxy.Core.Tokens.Keys;

/// <summary>Reads the JSON Web Key (RFC 7517) of a signing key, and holds it to its algorithm.</summary>
internal static class KeyMaterial
{
    private const int MinRsaBits = 2048;
    private const int MaxRsaBits = 8192;

    /// <summary>Length of the longest signature, in bytes.</summary>
    public const int MaxSignatureBytes = MaxRsaBits / 8;

    /// <summary>The key.</summary>
    /// <exception cref="FormatException">It is no key of this algorithm, or a weak one. The message holds nothing of it.</exception>
    public static JsonWebKey Read(string jwk, SigningAlgorithm algorithm, string id)
    {
        JsonWebKey key;
        try
        {
            key = new JsonWebKey(jwk);
        }
        catch (Exception e) when (e is ArgumentException or System.Text.Json.JsonException)
        {
            throw new FormatException("It is no JSON Web Key.");
        }
        var isFitting = algorithm switch
        {
            SigningAlgorithm.Es256 => key is { Kty: JsonWebAlgorithmsKeyTypes.EllipticCurve, Crv: JsonWebKeyECTypes.P256 } && BytesOf(key.X) == 32 && BytesOf(key.Y) == 32,
            SigningAlgorithm.Rs256 => key.Kty == JsonWebAlgorithmsKeyTypes.RSA && BytesOf(key.N) * 8 is >= MinRsaBits and <= MaxRsaBits && BytesOf(key.E) > 0,
            _ => key.Kty == JsonWebAlgorithmsKeyTypes.Octet && BytesOf(key.K) >= SessionTokenOptions.MinSecretBytes,
        };
        if (!isFitting)
        {
            throw new FormatException($"It is no key for {SigningAlgorithms.NameOf(algorithm)}, or one that is too short.");
        }
        key.KeyId = id;
        return key;
    }

    /// <summary>Length of a signature by the key, in bytes.</summary>
    public static int SignatureBytes(JsonWebKey key, SigningAlgorithm algorithm) => algorithm switch
    {
        SigningAlgorithm.Es256 => EcdsaSignature.Bytes,
        SigningAlgorithm.Rs256 => BytesOf(key.N),
        _ => System.Security.Cryptography.HMACSHA256.HashSizeInBytes,
    };

    private static int BytesOf(string? text) => text is not null && Base64Url.IsValid(text, out var length) ? length : 0;
}
