using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace CredentialProxy.Admin.Authorizing;

/// <summary>Proves callers by an admin key.</summary>
internal sealed class AdminKeyHandler(AdminKeys keys, IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (BearerToken.Of(Context) is not { } presented)
        {
            return AuthenticateResult.NoResult();
        }
        var (caller, wrong) = await keys.FindAsync(presented, Context.RequestAborted);
        return caller is null
            ? AuthenticateResult.Fail(wrong)
            : AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(new AdminIdentity(caller, Scheme.Name)), Scheme.Name));
    }
}
