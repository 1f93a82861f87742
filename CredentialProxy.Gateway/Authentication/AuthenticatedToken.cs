using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Limits;

namespace CredentialProxy.Gateway.Authentication;

/// <summary>A token that proved itself: its grant, and its accounts as the ledger knows them.</summary>
internal sealed class AuthenticatedToken(Grant grant, BoundAccounts accounts)
{
    private long _lastUseMinute;

    public Grant Grant => grant;

    public BoundAccounts Accounts => accounts;

    /// <summary>Whether the grant sets a limit in tokens or dollars, so that nothing unmetered may be reached with it.</summary>
    public bool IsSpendLimited { get; } = Limits(grant).Any(limit => limit is { IsBounded: true, Unit: LimitUnit.Tokens or LimitUnit.Usd });

    /// <summary>Whether the grant holds the token to something: to a spending, to models or to endpoints. What leaves the provider's house is then off unless it is granted.</summary>
    public bool IsNarrowed => IsSpendLimited || !grant.Scope.Models.IsEmpty || !grant.Scope.Endpoints.IsEmpty;

    /// <summary>Whether this is the first use within its minute, so that it is worth noting.</summary>
    public bool NoteUse(DateTimeOffset now)
    {
        var minute = now.Ticks / TimeSpan.TicksPerMinute;
        return Volatile.Read(ref _lastUseMinute) != minute && Interlocked.Exchange(ref _lastUseMinute, minute) != minute;
    }

    private static IEnumerable<Limit> Limits(Grant grant) => grant.Accounts.SelectMany(account => account.Limits);
}
