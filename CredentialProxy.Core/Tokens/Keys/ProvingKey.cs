using System.Buffers.Text;
using System.Text;
using CredentialProxy.Core.Vault;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace CredentialProxy.Core.Tokens.Keys;

/// <summary>What proves signatures, and by which algorithm alone (RFC 8725 §3.1).</summary>
internal sealed class ProvingKey
{
    private static readonly JsonWebTokenHandler Handler = new() { MaximumTokenSizeInBytes = TokenHash.MaxTokenBytes };

    private readonly SigningAlgorithm _algorithm;
    private readonly int _signatureBytes;
    private readonly TokenValidationParameters _signature;

    private ProvingKey(SecurityKey key, SigningAlgorithm algorithm, int signatureBytes)
    {
        (_algorithm, _signatureBytes) = (algorithm, signatureBytes);
        _signature = new TokenValidationParameters
        {
            ValidAlgorithms = [SigningAlgorithms.NameOf(algorithm)],
            IssuerSigningKey = key,
            RequireSignedTokens = true,
            TryAllIssuerSigningKeys = true,
            // The claims are checked by callers, whose clock is injected and for whom a claim of the wrong type is an error.
            ValidateIssuer = false,
            ValidateAudience = false,
            ValidateLifetime = false,
        };
    }

    /// <summary>The algorithm's name.</summary>
    public string Algorithm => SigningAlgorithms.NameOf(_algorithm);

    /// <summary>One of a secret that is shared with whoever else signs with it.</summary>
    public static ProvingKey Of(Secret secret) =>
        new(new SymmetricSecurityKey(Encoding.UTF8.GetBytes(secret.Reveal())), SigningAlgorithm.Hs256, System.Security.Cryptography.HMACSHA256.HashSizeInBytes);

    /// <summary>One of a JSON Web Key.</summary>
    public static ProvingKey Of(JsonWebKey key, SigningAlgorithm algorithm) => new(key, algorithm, KeyMaterial.SignatureBytes(key, algorithm));

    /// <summary>Whether the token's signature fits.</summary>
    public async ValueTask<bool> ProvesAsync(string token, string signature) => IsCanonical(signature) && (await Handler.ValidateTokenAsync(token, _signature)).IsValid;

    // RFC 8725 §3.4. Of several texts that stand for the same signature one is taken, or one token would be many: each with a hash, and so an id and a cache entry, of its own.
    private bool IsCanonical(string signature)
    {
        Span<byte> bytes = stackalloc byte[KeyMaterial.MaxSignatureBytes];
        return signature.Length == Base64Url.GetEncodedLength(_signatureBytes) && Base64Url.IsValid(signature)
            && Base64Url.TryDecodeFromChars(signature, bytes, out var length) && length == _signatureBytes
            && Base64Url.EncodeToString(bytes[..length]) == signature
            && (_algorithm != SigningAlgorithm.Es256 || EcdsaSignature.IsLow(bytes[..length]));
    }
}
