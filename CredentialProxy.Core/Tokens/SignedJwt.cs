using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using CredentialProxy.Core.Vault;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace CredentialProxy.Core.Tokens;

/// <summary>
/// Proves that a JWT (RFC 7519) was signed with our secret, by the rules of RFC 8725: the algorithm is pinned and the key comes from settings, never from the token. What its claims say is for
/// the caller to check.
/// </summary>
internal sealed class SignedJwt
{
    private const string NotFitting = "its signature does not fit";

    private readonly JsonWebTokenHandler _handler = new() { MaximumTokenSizeInBytes = TokenHash.MaxTokenBytes };
    private readonly TokenValidationParameters _signature;

    public SignedJwt(Secret secret) => _signature = new TokenValidationParameters
    {
        ValidAlgorithms = [SecurityAlgorithms.HmacSha256],
        IssuerSigningKey = new SymmetricSecurityKey(Encoding.UTF8.GetBytes(secret.Reveal())),
        RequireSignedTokens = true,
        TryAllIssuerSigningKeys = true,
        // The claims are checked by callers, whose clock is injected and for whom a claim of the wrong type is an error.
        ValidateIssuer = false,
        ValidateAudience = false,
        ValidateLifetime = false,
    };

    /// <summary>The payload; or, in words that hold nothing of the token, why it is refused.</summary>
    public async ValueTask<(JwtJson Payload, string? Refused)> ProveAsync(string token)
    {
        if (token.Length > TokenHash.MaxTokenBytes)
        {
            return (default, "it is too long");
        }
        var parts = token.Split('.', 4);
        if (parts.Length != 3 || parts[2].Length == 0)
        {
            return (default, "it is not a signed JWT");
        }
        if (!JwtJson.TryDecode(parts[0], out var header) || !JwtJson.TryDecode(parts[1], out var payload))
        {
            return (default, "its header or payload is not a JSON object with each member once");
        }
        if (!IsCanonical(parts[2]))
        {
            return (default, NotFitting);
        }
        if (JwtHeader.Refuse(header) is { } reason)
        {
            return (default, reason);
        }
        var result = await _handler.ValidateTokenAsync(token, _signature);
        return result.IsValid ? (payload, null) : (default, NotFitting);
    }

    // RFC 8725 §3.4. Of several texts that stand for the same signature one is taken, or one token would be many: each with a hash, and so an id and a cache entry, of its own.
    private static bool IsCanonical(string signature)
    {
        Span<byte> bytes = stackalloc byte[HMACSHA256.HashSizeInBytes];
        return signature.Length == Base64Url.GetEncodedLength(bytes.Length) && Base64Url.IsValid(signature)
            && Base64Url.TryDecodeFromChars(signature, bytes, out var length) && length == bytes.Length
            && Base64Url.EncodeToString(bytes) == signature;
    }
}
