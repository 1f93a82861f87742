using CredentialProxy.Core.Tokens.Keys;
using CredentialProxy.Core.Vault;

namespace CredentialProxy.Core.Tokens;

/// <summary>
/// Proves that a JWT (RFC 7519) was signed with a key of ours, by the rules of RFC 8725: each key has one algorithm, and the token no more than names a key that we have. What its claims say is for
/// the caller to check.
/// </summary>
/// <param name="shared">The secret that proves tokens which name no key of ours; null for none.</param>
internal sealed class SignedJwt(Secret? shared)
{
    private const string NotFitting = "its signature does not fit";
    private const string NotKnown = "its key is not known here";

    private readonly ProvingKey? _shared = shared is null ? null : ProvingKey.Of(shared);

    /// <summary>The payload, and the signing key that proved it, null where the shared secret did; or, in words that hold nothing of the token, why it is refused.</summary>
    public async ValueTask<(JwtJson Payload, SigningKey? Key, string? Refused)> ProveAsync(string token, SigningKeySet? keys = null)
    {
        if (token.Length > TokenHash.MaxTokenBytes)
        {
            return (default, null, "it is too long");
        }
        var parts = token.Split('.', 4);
        if (parts.Length != 3 || parts[2].Length == 0)
        {
            return (default, null, "it is not a signed JWT");
        }
        if (!JwtJson.TryDecode(parts[0], out var header) || !JwtJson.TryDecode(parts[1], out var payload))
        {
            return (default, null, "its header or payload is not a JSON object with each member once");
        }
        if (JwtHeader.Refuse(header) is { } reason)
        {
            return (default, null, reason);
        }
        var (key, proving) = Choose(header, keys ?? SigningKeySet.Empty);
        if (proving is null)
        {
            return (default, null, NotKnown);
        }
        return await proving.ProvesAsync(token, parts[2]) ? (payload, key, null) : (default, null, NotFitting);
    }

    // A kid that is one of ours chooses that key and, with it, its algorithm. Any other is no more to us than none: those who share the secret may call it what they like.
    private (SigningKey? Key, ProvingKey? Proving) Choose(JwtJson header, SigningKeySet keys)
    {
        _ = header.TryGetString("alg", out var algorithm);
        var key = header.TryGetString("kid", out var kid) && kid is not null ? keys.Find(kid) : null;
        if (key is null && algorithm == SigningAlgorithms.NameOf(SigningAlgorithm.Hs256))
        {
            if (_shared is not null)
            {
                return (null, _shared);
            }
            key = keys.Find(SigningKeySet.WithoutKid);
        }
        return key?.Proving.Algorithm == algorithm ? (key, key?.Proving) : (null, null);
    }
}
