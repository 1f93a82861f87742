using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Tokens;
using CredentialProxy.Gateway.Admitting;

namespace CredentialProxy.Gateway.Authentication;

/// <summary>A token that proved itself: its grant, its accounts as the ledger knows them, and what is under way for it, which outlives a change of the grant.</summary>
/// <param name="grant">What it may do.</param>
/// <param name="accounts">Its accounts.</param>
/// <param name="load">What is under way for it.</param>
/// <param name="hash">Its hash.</param>
/// <param name="claims">What it says, of a session token; null for a proxy token.</param>
internal sealed class AuthenticatedToken(Grant grant, BoundAccounts accounts, Load load, TokenHash hash = default, SessionClaims? claims = null)
{
    private long _lastUseMinute;

    public Grant Grant => grant;

    public BoundAccounts Accounts => accounts;

    public Load Load => load;

    public TokenHash Hash => hash;

    public SessionClaims? Claims => claims;

    /// <summary>The signing key that proved it; null for none.</summary>
    public string? KeyId => claims?.KeyId;

    /// <summary>Whether the grant sets a limit in tokens or dollars, so that nothing unmetered may be reached with it.</summary>
    public bool IsSpendLimited => grant.IsSpendLimited;

    /// <summary>Whether this is the first use within its minute, so that it is worth noting.</summary>
    public bool NoteUse(DateTimeOffset now)
    {
        var minute = now.Ticks / TimeSpan.TicksPerMinute;
        return Volatile.Read(ref _lastUseMinute) != minute && Interlocked.Exchange(ref _lastUseMinute, minute) != minute;
    }
}
