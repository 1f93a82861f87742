using System.Text;
using BitFaster.Caching.Lru;
using CredentialProxy.Admin.Api;
using CredentialProxy.Core.Tokens;
using Microsoft.AspNetCore.Authentication;
using Microsoft.IdentityModel.Tokens;

namespace CredentialProxy.Admin.Authorizing;

/// <summary>
/// Proves callers of the control plane: by an admin key, of which only the hash is known here, or by an admin JWT. Addresses that fail often are made to wait, in bounded memory; but not for what has
/// proved itself before, so that who shares an address with a guesser, as behind a proxy, is not locked out.
/// </summary>
internal sealed class AdminAuthenticator(AdminTokenVerifier verifier, AdminKeys keys, FailureThrottle throttle)
{
    private const int MaxProved = 1_000;

    private readonly ConcurrentLru<TokenHash, bool> _proved = new(MaxProved);

    /// <summary>The caller; or the problem to answer with.</summary>
    public async ValueTask<(AdminCaller? Caller, ApiProblem? Problem)> AuthenticateAsync(HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress;
        var presented = BearerToken.Of(context);
        var hash = HashOf(presented);
        // Looked at anew all the same: it may have ended since.
        if (!(hash is { } known && (keys.IsBootstrap(known) || _proved.TryGet(known, out _))) && throttle.MustWait(address, out var wait))
        {
            return (null, new ApiProblem(StatusCodes.Status429TooManyRequests, "too_many_failures", "Too many failed attempts from this address; try again later.") { RetryAfter = wait });
        }
        if (presented is null)
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
            if (hash is { } proof)
            {
                _proved.AddOrUpdate(proof, true);
            }
            return (identity.Caller, null);
        }
        if (hash is { } failed)
        {
            _proved.TryRemove(failed);
        }
        throttle.Note(address);
        return (null, Explain(isJwt, proved.Failure));
    }

    // Of what can be neither a key nor a JWT, none.
    private static TokenHash? HashOf(string? presented) =>
        presented is { Length: > 0 and <= TokenHash.MaxTokenBytes } && Ascii.IsValid(presented) ? TokenHash.Of(presented) : null;

    private static ApiProblem Explain(bool isJwt, Exception? failure) => failure switch
    {
        SecurityTokenExpiredException => new ApiProblem(StatusCodes.Status401Unauthorized, "token_expired", "The admin JWT has expired."),
        _ when isJwt => new ApiProblem(StatusCodes.Status401Unauthorized, "invalid_token", $"The admin JWT is not valid: {failure?.Message}."),
        _ => new ApiProblem(StatusCodes.Status401Unauthorized, "invalid_token", failure?.Message ?? ""),
    };
}
