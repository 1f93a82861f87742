using System.ComponentModel.DataAnnotations;
using CredentialProxy.Core.Tokens;

namespace CredentialProxy.Admin.Keeping;

/// <summary>How long the control plane keeps what is over, at <c>Keeping</c>. What is older goes by whole days, UTC, and that is in the audit log.</summary>
public sealed class KeepingOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Keeping";

    private static readonly TimeSpan ClockDifference = TimeSpan.FromHours(1);

    /// <summary>Days for which the audit log is kept.</summary>
    [Range(1, 36_500)]
    public int AuditDays { get; init; } = 400;

    /// <summary>
    /// Days for which a session token minted elsewhere is refused by its revoked <c>jti</c>; however few, as long as a session token may live, which is <c>SessionTokens:MaxLifetimeSeconds</c>. One that was no good yet when it was
    /// revoked, since it names an <c>iat</c> to come, or none and an <c>exp</c> further away than that, may outlive it: make it as many days as such tokens are minted ahead.
    /// </summary>
    [Range(1, 36_500)]
    public int RevocationDays { get; init; } = 30;

    /// <summary>How long a revoked <c>jti</c> is refused.</summary>
    /// <param name="maxLifetimeSeconds">How long a session token may live.</param>
    public TimeSpan RevocationsFor(int maxLifetimeSeconds)
    {
        var days = TimeSpan.FromDays(RevocationDays);
        // From the earliest iat that is taken to the latest exp, and what clocks of gateways may be wrong by.
        var lifetime = TimeSpan.FromSeconds(maxLifetimeSeconds + (2 * SessionTokenOptions.ClockToleranceSeconds)) + ClockDifference;
        return days > lifetime ? days : lifetime;
    }
}
