using System.Security.Cryptography;
using System.Text;
using CredentialProxy.Admin.Api;
using CredentialProxy.Core.Tokens;

namespace CredentialProxy.Admin.Authorizing;

/// <summary>
/// Proves callers of the control plane: by the admin key, of which only the hash is known here, or by an admin JWT. Addresses that fail often are made to wait, in bounded memory.
/// </summary>
internal sealed class AdminAuthenticator(AdminOptions options, AdminTokenVerifier verifier, FailureThrottle throttle)
{
    private const string Scheme = "Bearer ";

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
        if (IsAdminKey(presented))
        {
            return (new AdminCaller("admin-key", IsAdmin: true, MayReadUsage: true), null);
        }
        if (!presented.StartsWith("ey", StringComparison.Ordinal) || !presented.Contains('.', StringComparison.Ordinal))
        {
            throttle.Note(address);
            return (null, new ApiProblem(StatusCodes.Status401Unauthorized, "invalid_token", "The admin key is not the right one."));
        }
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
        return (new AdminCaller("jwt:" + claims.Subject, claims.IsAdmin, claims.MayReadUsage), null);
    }

    private bool IsAdminKey(string presented) =>
        presented.Length <= AdminOptions.MaxKeyLength
        && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(presented)), options.AdminKeyHash.Span);
}
