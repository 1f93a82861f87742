using System.ComponentModel.DataAnnotations;

namespace CredentialProxy.Admin.Reconciling;

/// <summary>How what is leased in Redis is held against what gateways hold, at <c>Reconciling</c>.</summary>
internal sealed class ReconcilingOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Reconciling";

    /// <summary>How often all counters are looked through.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan Interval { get; init; } = TimeSpan.FromMinutes(1);
}
