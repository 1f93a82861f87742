using System.ComponentModel.DataAnnotations;

namespace CredentialProxy.Admin.Storage;

/// <summary>How long usage is kept on Postgres, at <c>UsageKeeping</c>. What is older goes by whole calendar months, UTC.</summary>
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

    /// <summary>
    /// Whole months, before the present one, for which sums by day are kept, and never fewer than records or sums by hour are: sums are made of days, and of those at their ends only. What was used before is in no sum any more.
    /// </summary>
    [Range(1, 1200)]
    public int DayMonths { get; init; } = 120;

    /// <summary>Months after the present one for which there is room already. A record of a month without any makes room when it is written.</summary>
    [Range(1, 24)]
    public int MonthsAhead { get; init; } = 3;

    /// <summary>What of it holds.</summary>
    internal int KeptDayMonths => Math.Max(DayMonths, Math.Max(HourMonths, RecordMonths));
}
