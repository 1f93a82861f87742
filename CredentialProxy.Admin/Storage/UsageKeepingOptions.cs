using System.ComponentModel.DataAnnotations;

namespace CredentialProxy.Admin.Storage;

/// <summary>How long usage is kept on Postgres, at <c>UsageKeeping</c>. What is older goes by whole calendar months, UTC. Sums by day are kept for good.</summary>
internal sealed class UsageKeepingOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "UsageKeeping";

    /// <summary>Whole months, before the present one, for which the record of every request is kept.</summary>
    [Range(1, 1200)]
    public int RecordMonths { get; init; } = 13;

    /// <summary>Whole months, before the present one, for which sums by hour are kept.</summary>
    [Range(1, 1200)]
    public int HourMonths { get; init; } = 25;

    /// <summary>Months after the present one for which there is room already. A record of a month without any makes room when it is written.</summary>
    [Range(1, 24)]
    public int MonthsAhead { get; init; } = 3;
}
