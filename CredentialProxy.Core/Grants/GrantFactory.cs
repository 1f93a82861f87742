using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Tokens;

namespace CredentialProxy.Core.Grants;

/// <summary>Finds what a verified session token may do.</summary>
public sealed class GrantFactory(IDirectory directory, ProviderCatalog catalog)
{
    /// <summary>
    /// The grant. A token minted here is as good as the grant that is kept for it; without one it is worth nothing. A token minted elsewhere grants what it claims: its provider, its
    /// credential, and its budget as a limit on the workspace, beside whatever limits operators have set on that; and the features that they have granted the workspace.
    /// </summary>
    /// <param name="claims">What the token says.</param>
    /// <param name="hash">The token's hash, which names a token without a <c>jti</c>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The grant; null when there is none.</returns>
    public async ValueTask<Grant?> FindAsync(SessionClaims claims, TokenHash hash, CancellationToken cancellationToken)
    {
        if (claims.IsOurs)
        {
            return await directory.FindSessionTokenAsync(claims.Id!, cancellationToken);
        }
        if (!catalog.Contains(claims.Provider!))
        {
            return null;
        }
        // Without a budget the workspace is counted all the same: what was spent so far counts against the budget of its next token.
        var limits = directory.LimitsOfProject(claims.Subject).Add(new Limit(LimitUnit.Tokens, claims.Budget ?? Limit.MaxAmount, LimitWindow.Lifetime));
        return new Grant
        {
            TokenId = claims.Id ?? "ses_" + hash.ToString()[..20],
            Kind = TokenKind.Session,
            ProjectId = claims.Subject,
            IsRevoked = claims.Id is { } id && directory.IsRevoked(id),
            ExpiresAt = claims.ExpiresAt,
            Scope = new Scope { Providers = [claims.Provider!], Features = directory.FeaturesOfProject(claims.Subject) },
            CredentialId = claims.CredentialId,
            DefaultProvider = claims.Provider,
            Accounts = [new AccountLimits(AccountId.Project(claims.Subject), limits)],
        };
    }
}
