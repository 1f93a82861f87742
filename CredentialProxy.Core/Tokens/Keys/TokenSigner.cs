using System.Text;
using CredentialProxy.Core.Vault;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace CredentialProxy.Core.Tokens.Keys;

/// <summary>Signs tokens with one key.</summary>
public sealed class TokenSigner
{
    private static readonly JsonWebTokenHandler Handler = new() { SetDefaultTimesOnTokenCreation = false };

    private readonly SigningCredentials _credentials;

    private TokenSigner(SecurityKey key, string algorithm) => _credentials = new SigningCredentials(key, algorithm);

    /// <summary>One that signs with a secret that others share, and names no key: by HS256.</summary>
    public static TokenSigner OfShared(Secret secret) => new(new SymmetricSecurityKey(Encoding.UTF8.GetBytes(secret.Reveal())), SecurityAlgorithms.HmacSha256);

    /// <summary>One that signs with a signing key, and names it in the header's <c>kid</c>.</summary>
    /// <param name="id">Its <c>kid</c>.</param>
    /// <param name="algorithm">How it signs.</param>
    /// <param name="privateJwk">What signs, as a JSON Web Key (RFC 7517).</param>
    /// <exception cref="FormatException">It is no key of this algorithm, or a weak one.</exception>
    public static TokenSigner Of(string id, SigningAlgorithm algorithm, Secret privateJwk) => new(KeyMaterial.Read(privateJwk.Reveal(), algorithm, id), SigningAlgorithms.NameOf(algorithm));

    /// <summary>A token with these claims.</summary>
    internal string Sign(Dictionary<string, object> claims)
    {
        var token = Handler.CreateToken(new SecurityTokenDescriptor { Claims = claims, SigningCredentials = _credentials });
        return _credentials.Algorithm == SecurityAlgorithms.EcdsaSha256 ? EcdsaSignature.Lower(token) : token;
    }
}
