using System.ComponentModel.DataAnnotations;

namespace CredentialProxy.Admin.Rebuilding;

/// <summary>How accounts and owners of stored objects that Redis has lost are noticed and put back, at <c>Rebuilding</c>.</summary>
internal sealed class RebuildingOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Rebuilding";

    /// <summary>How often the control plane looks whether Redis has lost accounts or owners. A gateway notices it at its next call.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan CheckInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long gateways have to say what they hold before accounts are put back. Meanwhile no lease is given. A gateway looks after its accounts three times in the lifetime of a holder, so
    /// with less than that one may be too late, and what it had leased be spent beyond a limit.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan WaitForGateways { get; init; } = TimeSpan.FromSeconds(15);
}
