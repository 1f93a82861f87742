using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Limits;
using CredentialProxy.Gateway.Admitting;

namespace CredentialProxy.Gateway.Authentication;

/// <summary>A token that proved itself: its grant, its accounts as the ledger knows them, and what is under way for it, which outlives a change of the grant.</summary>
internal sealed class AuthenticatedToken(Grant grant, BoundAccounts accounts, Load load, string? keyId = null)
{
    private long _lastUseMinute;

    public Grant Grant => grant;

    public BoundAccounts Accounts => accounts;

    public Load Load => load;

    /// <summary>The signing key that proved it; null for none.</summary>
    public string? KeyId => keyId;

    /// <summary>Whether the grant sets a limit in tokens or dollars, so that nothing unmetered may be reached with it.</summary>
    public bool IsSpendLimited => grant.IsSpendLimited;

    /// <summary>Whether this is the first use within its minute, so that it is worth noting.</summary>
    public bool NoteUse(DateTimeOffset now)
    {
        var minute = now.Ticks / TimeSpan.TicksPerMinute;
        return Volatile.Read(ref _lastUseMinute) != minute && Interlocked.Exchange(ref _lastUseMinute, minute) != minute;
    }
}
