namespace CredentialProxy.Core.Tokens;

/// <summary>What came of verifying a session token.</summary>
/// <param name="Claims">What it says; null when it did not prove itself.</param>
/// <param name="IsExpired">Whether it was genuine and has expired.</param>
/// <param name="Reason">What was wrong, in words that hold nothing of the token; empty when nothing was.</param>
public readonly record struct SessionVerification(SessionClaims? Claims, bool IsExpired, string Reason)
{
    internal static SessionVerification Invalid(string reason) => new(null, false, reason);
}
