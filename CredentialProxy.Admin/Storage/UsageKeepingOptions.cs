using System.ComponentModel.DataAnnotations;

namespace CredentialProxy.Admin.Storage;

/// <summary>How long usage is kept on Postgres, at <c>UsageKeeping</c>. What is older goes by whole calendar months, UTC.</summary>
internal sealed class UsageKeepingOptions : IValidatableObject
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "UsageKeeping";

    /// <summary>Whole months, before the present one, for which the record of every request is kept.</summary>
    [Range(1, 1200)]
    public int RecordMonths { get; init; } = 13;

    /// <summary>Whole months, before the present one, for which sums by hour are kept.</summary>
    [Range(1, 1200)]
    public int HourMonths { get; init; } = 25;

    /// <summary>Whole months, before the present one, for which sums by day are kept: no fewer than records and sums by hour are. What was used before is in no sum any more.</summary>
    [Range(1, 1200)]
    public int DayMonths { get; init; } = 120;

    /// <summary>Months after the present one for which there is room already. A record of a month without any makes room when it is written.</summary>
    [Range(1, 24)]
    public int MonthsAhead { get; init; } = 3;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        // Sums are made of days, and of hours and records at their ends only.
        var (least, name) = RecordMonths > HourMonths ? (RecordMonths, nameof(RecordMonths)) : (HourMonths, nameof(HourMonths));
        if (DayMonths < least)
        {
            yield return new ValidationResult($"it must not be below {name}, which is {least}", [nameof(DayMonths)]);
        }
    }
}
