using CredentialProxy.Core.Vault;

namespace CredentialProxy.Core.Tokens;

/// <summary>
/// Proves session tokens: their signature, and then every claim, for its type before its value.
/// </summary>
public sealed class SessionTokenVerifier
{
    private readonly int _maxLifetimeSeconds;
    private readonly TimeProvider _time;
    private volatile Proof? _proof;

    /// <summary>Makes a verifier.</summary>
    public SessionTokenVerifier(SessionTokenOptions options, TimeProvider time)
        : this(options.MaxLifetimeSeconds, time) => Use(options.Secret);

    /// <summary>Makes a verifier that is told its secret later; until then it verifies nothing.</summary>
    public SessionTokenVerifier(int maxLifetimeSeconds, TimeProvider time) => (_maxLifetimeSeconds, _time) = (maxLifetimeSeconds, time);

    /// <summary>Whether it has a secret.</summary>
    public bool IsReady => _proof is not null;

    /// <summary>Rises with every new secret: what was verified under another one is not verified any more.</summary>
    public int Generation => _proof?.Generation ?? 0;

    /// <summary>From now on verifies by this secret alone. Called by one thread at a time.</summary>
    public void Use(Secret secret)
    {
        if (_proof?.Secret.Equals(secret) != true)
        {
            _proof = new Proof(secret, new SignedJwt(secret), Generation + 1);
        }
    }

    /// <summary>Verifies a token.</summary>
    public async ValueTask<SessionVerification> VerifyAsync(string token)
    {
        if (_proof is not { } proof)
        {
            return SessionVerification.Invalid("there is nothing to prove it by yet");
        }
        var (payload, refused) = await proof.Signed.ProveAsync(token);
        return refused is null ? Check(payload) : SessionVerification.Invalid(refused);
    }

    private SessionVerification Check(JwtJson payload)
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
                IsOurs = issuer is not null,
                ExpiresAt = expiresAt,
            },
            IsExpired: false,
            "");
    }

    private sealed record Proof(Secret Secret, SignedJwt Signed, int Generation);
}
