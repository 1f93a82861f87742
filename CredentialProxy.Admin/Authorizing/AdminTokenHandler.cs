using CredentialProxy.Admin.Api.Keys;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Tokens;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace CredentialProxy.Admin.Authorizing;

/// <summary>
/// What JwtBearer proves admin JWTs with: the verifier by whose rules session tokens are proved as well, such as each member once and times that are whole numbers, of which its own handler has none.
/// </summary>
internal sealed class AdminTokenHandler(AdminTokenVerifier verifier, ProviderCatalog catalog) : TokenHandler
{
    private const int MaxSubjectLength = 256;

    public override async Task<TokenValidationResult> ValidateTokenAsync(string token, TokenValidationParameters validationParameters)
    {
        var verified = await verifier.VerifyAsync(token);
        if (verified.Claims is { } claims)
        {
            return new TokenValidationResult { IsValid = true, SecurityToken = new JsonWebToken(token), ClaimsIdentity = new AdminIdentity(CallerOf(claims), AdminSchemes.Jwt) };
        }
        // The reasons hold nothing of the token.
        return new TokenValidationResult
        {
            IsValid = false,
            Exception = verified.IsExpired ? new SecurityTokenExpiredException(verified.Reason) { Expires = new JsonWebToken(token).ValidTo } : new SecurityTokenValidationException(verified.Reason),
        };
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
