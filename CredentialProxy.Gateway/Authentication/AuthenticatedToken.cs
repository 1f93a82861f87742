using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Limits;

namespace CredentialProxy.Gateway.Authentication;

/// <summary>A token that proved itself: its grant, and its accounts as the ledger knows them.</summary>
internal sealed class AuthenticatedToken(Grant grant, BoundAccounts accounts)
{
    public Grant Grant => grant;

    public BoundAccounts Accounts => accounts;

    /// <summary>Whether the grant sets a limit in tokens or dollars, so that nothing unmetered may be reached with it.</summary>
    public bool IsSpendLimited { get; } = Limits(grant).Any(limit => limit.Unit is LimitUnit.Tokens or LimitUnit.Usd);

    private static IEnumerable<Limit> Limits(Grant grant) => grant.Accounts.SelectMany(account => account.Limits);
}
