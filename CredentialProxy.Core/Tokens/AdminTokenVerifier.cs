namespace CredentialProxy.Core.Tokens;

/// <summary>Who an admin JWT speaks for.</summary>
/// <param name="Subject">Its <c>sub</c>.</param>
/// <param name="Role">The greatest of the roles that it states in <c>role</c> or <c>roles</c>: <c>admin</c>, <c>minter</c> or <c>viewer</c>; null for none of these.</param>
/// <param name="MayReadUsage">Whether it may read usage by <c>usage:read</c> in <c>permissions</c> or <c>scope</c>.</param>
/// <param name="CeilingsJson">Its <c>ceilings</c>, a JSON object; null for none.</param>
public sealed record AdminClaims(string Subject, string? Role, bool MayReadUsage, string? CeilingsJson);

/// <summary>What came of verifying an admin JWT.</summary>
/// <param name="Claims">Who it speaks for; null when it did not prove itself.</param>
/// <param name="IsExpired">Whether it was genuine and has expired.</param>
/// <param name="Reason">What was wrong; empty when nothing was.</param>
public readonly record struct AdminVerification(AdminClaims? Claims, bool IsExpired, string Reason);

/// <summary>Proves admin JWTs. They have a secret and an audience of their own, so that no session token can pass for one.</summary>
public sealed class AdminTokenVerifier(AdminTokenOptions options, TimeProvider time)
{
    private const string UsageRead = "usage:read";

    // The greatest first.
    private static readonly string[] Roles = ["admin", "minter", "viewer"];

    private readonly SignedJwt? _signed = options.Secret is null ? null : new SignedJwt(options.Secret);

    /// <summary>Whether any is taken.</summary>
    public bool IsConfigured => _signed is not null;

    /// <summary>Verifies a token.</summary>
    public async ValueTask<AdminVerification> VerifyAsync(string token)
    {
        if (_signed is null)
        {
            return new AdminVerification(null, false, "admin JWTs are not set up here");
        }
        var (payload, _, refused) = await _signed.ProveAsync(token);
        if (refused is not null)
        {
            return new AdminVerification(null, false, refused);
        }
        if (!payload.HoldsString("aud", options.Audience))
        {
            return new AdminVerification(null, false, "its audience is another");
        }
        if (JwtTimes.Refuse(payload, time.GetUtcNow().ToUnixTimeSeconds(), maxLifetimeSeconds: null, out _, out var isExpired) is { } wrong)
        {
            return new AdminVerification(null, isExpired, wrong);
        }
        return new AdminVerification(Read(payload), false, "");
    }

    private static AdminClaims Read(JwtJson payload)
    {
        var mayRead = payload.HoldsString("permissions", UsageRead) || payload.HoldsString("scope", UsageRead)
            || (payload.TryGetString("scope", out var scope) && scope?.Split(' ').Contains(UsageRead) == true);
        var role = Array.Find(Roles, name => (payload.TryGetString("role", out var one) && one == name) || payload.HoldsString("roles", name));
        return new AdminClaims(payload.TryGetString("sub", out var subject) ? subject ?? "" : "", role, mayRead, payload.ObjectText("ceilings"));
    }
}
