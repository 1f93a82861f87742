using CredentialProxy.Admin.Api;
using CredentialProxy.Core.Tokens;
using Microsoft.AspNetCore.Authentication;
using Microsoft.IdentityModel.Tokens;

namespace CredentialProxy.Admin.Authorizing;

/// <summary>
/// Proves callers of the control plane: by an admin key, of which only the hash is known here, or by an admin JWT. Addresses that fail often are made to wait, in bounded memory.
/// </summary>
internal sealed class AdminAuthenticator(AdminTokenVerifier verifier, FailureThrottle throttle)
{
    /// <summary>The caller; or the problem to answer with.</summary>
    public async ValueTask<(AdminCaller? Caller, ApiProblem? Problem)> AuthenticateAsync(HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress;
        if (throttle.MustWait(address, out var wait))
        {
            return (null, new ApiProblem(StatusCodes.Status429TooManyRequests, "too_many_failures", "Too many failed attempts from this address; try again later.") { RetryAfter = wait });
        }
        if (BearerToken.Of(context) is not { } presented)
        {
            return (null, new ApiProblem(StatusCodes.Status401Unauthorized, "missing_authorization", "Send 'Authorization: Bearer' with the admin key or an admin JWT."));
        }
        // A key may look like anything.
        var proved = await context.AuthenticateAsync(AdminSchemes.Key);
        var isJwt = !proved.Succeeded && BearerToken.LooksLikeJwt(presented);
        if (isJwt && !verifier.IsConfigured)
        {
            return (null, new ApiProblem(
                StatusCodes.Status500InternalServerError, "configuration_error", "Admin JWTs are not set up here: CREDENTIAL_PROXY_ADMIN_JWT_SECRET is missing. Use the admin key."));
        }
        proved = isJwt ? await context.AuthenticateAsync(AdminSchemes.Jwt) : proved;
        if (proved.Principal is { Identity: AdminIdentity identity } principal)
        {
            context.User = principal;
            return (identity.Caller, null);
        }
        throttle.Note(address);
        return (null, Explain(isJwt, proved.Failure));
    }

    private static ApiProblem Explain(bool isJwt, Exception? failure) => failure switch
    {
        SecurityTokenExpiredException => new ApiProblem(StatusCodes.Status401Unauthorized, "token_expired", "The admin JWT has expired."),
        _ when isJwt => new ApiProblem(StatusCodes.Status401Unauthorized, "invalid_token", $"The admin JWT is not valid: {failure?.Message}."),
        _ => new ApiProblem(StatusCodes.Status401Unauthorized, "invalid_token", failure?.Message ?? ""),
    };
}
