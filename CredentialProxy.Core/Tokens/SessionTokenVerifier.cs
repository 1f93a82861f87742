using CredentialProxy.Core.Tokens.Keys;

namespace CredentialProxy.Core.Tokens;

/// <summary>
/// Proves session tokens: their signature, and then every claim, for its type before its value.
/// </summary>
public sealed class SessionTokenVerifier
{
    private readonly SignedJwt _signed;
    private readonly bool _hasSecret;
    private readonly int _maxLifetimeSeconds;
    private readonly TimeProvider _time;
    private readonly Func<SigningKeySet> _keys;

    /// <summary>Makes a verifier.</summary>
    /// <param name="options">Settings, with the secret that other systems share, if any does.</param>
    /// <param name="time">The clock.</param>
    /// <param name="keys">The signing keys as they are at the time; null where there are none.</param>
    public SessionTokenVerifier(SessionTokenOptions options, TimeProvider time, Func<SigningKeySet>? keys = null)
    {
        (_signed, _hasSecret, _maxLifetimeSeconds, _time) = (new SignedJwt(options.Secret), options.Secret is not null, options.MaxLifetimeSeconds, time);
        _keys = keys ?? (static () => SigningKeySet.Empty);
    }

    /// <summary>Whether there is anything to prove a token by.</summary>
    public bool IsReady => _hasSecret || Keys.Keys.Count > 0;

    /// <summary>The signing keys: what was proved by others may have ended.</summary>
    public SigningKeySet Keys => _keys();

    /// <summary>Verifies a token.</summary>
    public ValueTask<SessionVerification> VerifyAsync(string token) => VerifyAsync(token, Keys);

    /// <summary>Verifies a token by these keys, and by the secret that other systems share.</summary>
    public async ValueTask<SessionVerification> VerifyAsync(string token, SigningKeySet keys)
    {
        var (payload, key, refused) = await _signed.ProveAsync(token, keys);
        if (refused is not null)
        {
            return SessionVerification.Invalid(refused);
        }
        return key?.ExpiresAt <= _time.GetUtcNow() ? SessionVerification.Invalid("its key is not in use any more") : Check(payload, key?.Id);
    }

    private SessionVerification Check(JwtJson payload, string? keyId)
    {
        if (!payload.HoldsString("aud", SessionTokenOptions.Audience))
        {
            return SessionVerification.Invalid("its audience is another");
        }
        if (!payload.TryGetString("iss", out var issuer) || (issuer is not null && issuer != SessionTokenOptions.Issuer))
        {
            return SessionVerification.Invalid("its issuer is not known here");
        }
        if (!payload.TryGetString("sub", out var subject) || string.IsNullOrEmpty(subject) || subject.Length > 256)
        {
            return SessionVerification.Invalid("its 'sub' must be a string of 1 to 256 characters");
        }
        if (!payload.TryGetString("jti", out var id) || id is { Length: 0 or > 256 } || (issuer is not null && id is null))
        {
            return SessionVerification.Invalid("its 'jti' must be a string of 1 to 256 characters");
        }
        if (!payload.TryGetString("provider", out var provider) || !payload.TryGetString("credentialId", out var credentialId) || (issuer is null && string.IsNullOrEmpty(provider)))
        {
            return SessionVerification.Invalid("its 'provider' must be a string, and 'credentialId' a string or absent");
        }
        if (!payload.TryGetInteger("budget", out var budget) || budget is < 0 or > Limits.Limit.MaxAmount)
        {
            return SessionVerification.Invalid("its 'budget' must be a whole number of tokens, at least 0");
        }
        if (JwtTimes.Refuse(payload, _time.GetUtcNow().ToUnixTimeSeconds(), _maxLifetimeSeconds, out var expiresAt, out var isExpired) is { } wrong)
        {
            return new SessionVerification(null, isExpired, wrong);
        }
        return new SessionVerification(
            new SessionClaims
            {
                Subject = subject,
                Provider = provider,
                CredentialId = string.IsNullOrEmpty(credentialId) ? null : credentialId,
                Budget = budget,
                Id = id,
                KeyId = keyId,
                IsOurs = issuer is not null,
                ExpiresAt = expiresAt,
            },
            IsExpired: false,
            "");
    }
}
