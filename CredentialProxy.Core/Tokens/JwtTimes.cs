namespace CredentialProxy.Core.Tokens;

/// <summary>The times in a JWT's claims (RFC 7519 §4.1.4–4.1.6), as whole seconds.</summary>
internal static class JwtTimes
{
    private const long LatestSecond = 253_402_300_799; // 9999-12-31T23:59:59Z

    /// <summary>Why the times refuse the token at this moment; null when they don't.</summary>
    public static string? Refuse(JwtJson payload, long now, long? maxLifetimeSeconds, out DateTimeOffset expiresAt, out bool isExpired)
    {
        const int Tolerance = SessionTokenOptions.ClockToleranceSeconds;
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
        if (now >= exp + Tolerance)
        {
            isExpired = true;
            return "it has expired";
        }
        if (nbf > now + Tolerance || iat > now + Tolerance)
        {
            return "it is not valid yet";
        }
        if (exp - Math.Min(iat ?? now, now) > maxLifetimeSeconds + Tolerance)
        {
            return $"it lives longer than the {maxLifetimeSeconds} seconds allowed here";
        }
        expiresAt = DateTimeOffset.FromUnixTimeSeconds(exp.Value + Tolerance);
        return null;
    }
}
