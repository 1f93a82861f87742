namespace CredentialProxy.Admin.Recording;

/// <summary>Where the usage of a stretch of time is read from.</summary>
internal enum UsageSource
{
    /// <summary>Sums by day.</summary>
    Days,

    /// <summary>Sums by hour.</summary>
    Hours,

    /// <summary>The records themselves.</summary>
    Records,
}

/// <summary>A stretch of time, Unix milliseconds, and where its usage is read from.</summary>
internal readonly record struct UsageStretch(UsageSource Source, long FromMs, long ToMs);

/// <summary>
/// Cuts a range of time so that all whole days come from sums by day, the whole hours at its ends from sums by hour, and what is left of an hour from the records. So a year costs a few hundred
/// rows a series, and ends that cut an hour are exact.
/// </summary>
internal static class UsageStretches
{
    /// <summary>An hour.</summary>
    public const long HourMs = 3_600_000;

    /// <summary>A day.</summary>
    public const long DayMs = 24 * HourMs;

    /// <summary>The end of time: the year 10000.</summary>
    public const long EndMs = 253_402_300_800_000;

    /// <summary>The stretches of a range; by hour when days are too coarse for what is asked.</summary>
    public static IReadOnlyList<UsageStretch> Of(long fromMs, long toMs, bool byHour, UsageKept kept)
    {
        var stretches = new List<UsageStretch>();
        CutDays(kept.Round(Math.Clamp(fromMs, 0, EndMs)), kept.Round(Math.Clamp(toMs, 0, EndMs)));
        return stretches;

        void CutDays(long from, long to)
        {
            var (first, last) = (Ceiling(from, DayMs), Floor(to, DayMs));
            if (byHour || first >= last)
            {
                CutHours(from, to);
                return;
            }
            CutHours(from, first);
            Add(UsageSource.Days, first, last);
            CutHours(last, to);
        }

        void CutHours(long from, long to)
        {
            var (first, last) = (Ceiling(from, HourMs), Floor(to, HourMs));
            if (first >= last)
            {
                Add(UsageSource.Records, from, to);
                return;
            }
            Add(UsageSource.Records, from, first);
            Add(UsageSource.Hours, first, last);
            Add(UsageSource.Records, last, to);
        }

        void Add(UsageSource source, long from, long to)
        {
            if (from < to)
            {
                stretches.Add(new UsageStretch(source, from, to));
            }
        }
    }

    internal static long Ceiling(long timeMs, long stretchMs) => Floor(timeMs + stretchMs - 1, stretchMs);

    private static long Floor(long timeMs, long stretchMs) => timeMs - (timeMs % stretchMs);
}
