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

    /// <summary>Whether this is the first use within its minute, so that it is worth noting.</summary>
    public bool NoteUse(DateTimeOffset now)
    {
        var minute = now.Ticks / TimeSpan.TicksPerMinute;
        return Volatile.Read(ref _lastUseMinute) != minute && Interlocked.Exchange(ref _lastUseMinute, minute) != minute;
    }

    private static IEnumerable<Limit> Limits(Grant grant) => grant.Accounts.SelectMany(account => account.Limits);
}
