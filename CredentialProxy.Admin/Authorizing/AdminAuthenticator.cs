using CredentialProxy.Admin.Api;
using CredentialProxy.Admin.Api.Keys;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Tokens;

namespace CredentialProxy.Admin.Authorizing;

/// <summary>
/// Proves callers of the control plane: by an admin key, of which only the hash is known here, or by an admin JWT. Addresses that fail often are made to wait, in bounded memory.
/// </summary>
internal sealed class AdminAuthenticator(AdminKeys keys, AdminTokenVerifier verifier, ProviderCatalog catalog, FailureThrottle throttle)
{
    private const string Scheme = "Bearer ";
    private const int MaxSubjectLength = 256;

    /// <summary>The caller; or the problem to answer with.</summary>
    public async ValueTask<(AdminCaller? Caller, ApiProblem? Problem)> AuthenticateAsync(HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress;
        if (throttle.MustWait(address, out var wait))
        {
            return (null, new ApiProblem(StatusCodes.Status429TooManyRequests, "too_many_failures", "Too many failed attempts from this address; try again later.") { RetryAfter = wait });
        }
        var header = context.Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) || header.Length == Scheme.Length)
        {
            return (null, new ApiProblem(StatusCodes.Status401Unauthorized, "missing_authorization", "Send 'Authorization: Bearer' with the admin key or an admin JWT."));
        }
        var presented = header[Scheme.Length..].Trim();
        var (caller, wrong) = await keys.FindAsync(presented, context.RequestAborted);
        if (caller is not null)
        {
            return (caller, null);
        }
        if (presented.StartsWith("ey", StringComparison.Ordinal) && presented.Contains('.', StringComparison.Ordinal))
        {
            return await ProveJwtAsync(presented, address);
        }
        throttle.Note(address);
        return (null, new ApiProblem(StatusCodes.Status401Unauthorized, "invalid_token", wrong));
    }

    private async ValueTask<(AdminCaller? Caller, ApiProblem? Problem)> ProveJwtAsync(string presented, System.Net.IPAddress? address)
    {
        if (!verifier.IsConfigured)
        {
            return (null, new ApiProblem(
                StatusCodes.Status500InternalServerError, "configuration_error", "Admin JWTs are not set up here: CREDENTIAL_PROXY_ADMIN_JWT_SECRET is missing. Use the admin key."));
        }
        var verified = await verifier.VerifyAsync(presented);
        if (verified.Claims is not { } claims)
        {
            throttle.Note(address);
            return (null, verified.IsExpired
                ? new ApiProblem(StatusCodes.Status401Unauthorized, "token_expired", "The admin JWT has expired.")
                : new ApiProblem(StatusCodes.Status401Unauthorized, "invalid_token", $"The admin JWT is not valid: {verified.Reason}."));
        }
        return (CallerOf(claims), null);
    }

    private AdminCaller CallerOf(AdminClaims claims)
    {
        // Whoever changes something is written down, and a minter's tokens are told apart by its name.
        var isNamed = claims.Subject.Length is > 0 and <= MaxSubjectLength;
        var name = "jwt:" + (isNamed ? claims.Subject : "");
        AdminRole? role = AdminRoles.TryParse(claims.Role, out var known) && (isNamed || known != AdminRole.Minter) ? known : null;
        var ceilings = role == AdminRole.Minter ? CeilingsRequest.ReadClaim(claims.CeilingsJson, catalog) : null;
        // A minter that states no ceilings, or some that can't be read, would have none: it may mint nothing.
        return new AdminCaller(name, role == AdminRole.Minter && ceilings is null ? null : role) { MayReadUsage = claims.MayReadUsage, Ceilings = ceilings };
    }
}
