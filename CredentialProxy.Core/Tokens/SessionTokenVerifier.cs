using System.Text;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace CredentialProxy.Core.Tokens;

/// <summary>
/// Proves session tokens (JWT, RFC 7519) by the rules of RFC 8725: the algorithm is pinned, keys come from settings and never from the token, and every claim is
/// checked for its type before its value.
/// </summary>
public sealed class SessionTokenVerifier
{
    private readonly SessionTokenOptions _options;
    private readonly TimeProvider _time;
    private readonly JsonWebTokenHandler _handler = new() { MaximumTokenSizeInBytes = TokenHash.MaxTokenBytes };
    private readonly TokenValidationParameters _signature;

    /// <summary>Makes a verifier.</summary>
    public SessionTokenVerifier(SessionTokenOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _signature = new TokenValidationParameters
        {
            ValidAlgorithms = [SecurityAlgorithms.HmacSha256],
            IssuerSigningKey = new SymmetricSecurityKey(Encoding.UTF8.GetBytes(options.Secret.Reveal())),
            RequireSignedTokens = true,
            TryAllIssuerSigningKeys = true,
            // Everything but the signature is checked below, where the clock is ours and a claim of the wrong type is an error.
            ValidateIssuer = false,
            ValidateAudience = false,
            ValidateLifetime = false,
        };
    }

    /// <summary>Verifies a token.</summary>
    public async ValueTask<SessionVerification> VerifyAsync(string token)
    {
        if (token.Length > TokenHash.MaxTokenBytes)
        {
            return SessionVerification.Invalid("it is too long");
        }
        var parts = token.Split('.', 4);
        if (parts.Length != 3 || parts[2].Length == 0)
        {
            return SessionVerification.Invalid("it is not a signed JWT");
        }
        if (!JwtJson.TryDecode(parts[0], out var header) || !JwtJson.TryDecode(parts[1], out var payload))
        {
            return SessionVerification.Invalid("its header or payload is not a JSON object with each member once");
        }
        if (SessionTokenHeader.Refuse(header) is { } reason)
        {
            return SessionVerification.Invalid(reason);
        }
        var result = await _handler.ValidateTokenAsync(token, _signature);
        return result.IsValid ? Check(payload) : SessionVerification.Invalid("its signature does not fit");
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
        if (CheckTimes(payload, out var expiresAt, out var isExpired) is { } wrong)
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

    private string? CheckTimes(JwtJson payload, out DateTimeOffset expiresAt, out bool isExpired)
    {
        const long LatestSecond = 253_402_300_799; // 9999-12-31
        expiresAt = default;
        isExpired = false;
        if (!payload.TryGetInteger("exp", out var exp) || exp is null or < 0 or > LatestSecond)
        {
            return "its 'exp' must be a whole number of seconds since 1970";
        }
        if (!payload.TryGetInteger("nbf", out var nbf) || !payload.TryGetInteger("iat", out var iat) || nbf is < 0 or > LatestSecond || iat is < 0 or > LatestSecond)
        {
            return "its 'nbf' and 'iat' must be whole numbers of seconds since 1970";
        }
        var now = _time.GetUtcNow().ToUnixTimeSeconds();
        if (now >= exp + SessionTokenOptions.ClockToleranceSeconds)
        {
            isExpired = true;
            return "it has expired";
        }
        if (nbf > now + SessionTokenOptions.ClockToleranceSeconds || iat > now + SessionTokenOptions.ClockToleranceSeconds)
        {
            return "it is not valid yet";
        }
        if (exp - Math.Min(iat ?? now, now) > _options.MaxLifetimeSeconds + SessionTokenOptions.ClockToleranceSeconds)
        {
            return $"it lives longer than the {_options.MaxLifetimeSeconds} seconds allowed here";
        }
        expiresAt = DateTimeOffset.FromUnixTimeSeconds(exp.Value + SessionTokenOptions.ClockToleranceSeconds);
        return null;
    }
}
