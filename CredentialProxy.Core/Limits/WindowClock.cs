namespace CredentialProxy.Core.Limits;

/// <summary>
/// The arithmetic of windows: calendar windows begin and end with the clock in UTC; sliding ones are cut into buckets, and what counts in them is
/// every bucket that the last window length touches, the partly expired one included. All times are Unix milliseconds.
/// </summary>
public static class WindowClock
{
    private const long SecondMs = 1_000;
    private const long MinuteMs = 60 * SecondMs;
    private const long HourMs = 60 * MinuteMs;
    private const long DayMs = 24 * HourMs;

    /// <summary>Whether the window slides, that is, is kept as buckets.</summary>
    public static bool IsSliding(LimitWindow window) => window is LimitWindow.Minute or LimitWindow.Second;

    /// <summary>Length of a sliding window.</summary>
    public static long LengthMs(LimitWindow window) => window switch
    {
        LimitWindow.Minute => MinuteMs,
        LimitWindow.Second => SecondMs,
        _ => throw new ArgumentOutOfRangeException(nameof(window), window, "Only a sliding window has one length."),
    };

    /// <summary>Length of one bucket of a sliding window: a sixtieth of a minute, a tenth of a second.</summary>
    public static long BucketMs(LimitWindow window) => window == LimitWindow.Minute ? SecondMs : LengthMs(window) / 10;

    /// <summary>First moment of the window, or of the bucket of a sliding window, that <paramref name="nowMs"/> falls into; 0 for a lifetime.</summary>
    public static long StartOf(LimitWindow window, long nowMs) => window switch
    {
        LimitWindow.Lifetime => 0,
        LimitWindow.Month => MonthOf(nowMs, 0),
        LimitWindow.Day => Floor(nowMs, DayMs),
        LimitWindow.Hour => Floor(nowMs, HourMs),
        _ => Floor(nowMs, BucketMs(window)),
    };

    /// <summary>First moment after the window or bucket that begins at <paramref name="startMs"/>; never for a lifetime.</summary>
    public static long EndOf(LimitWindow window, long startMs) => window switch
    {
        LimitWindow.Lifetime => long.MaxValue,
        LimitWindow.Month => MonthOf(startMs, 1),
        LimitWindow.Day => startMs + DayMs,
        LimitWindow.Hour => startMs + HourMs,
        _ => startMs + BucketMs(window),
    };

    /// <summary>Start of the oldest bucket that counts together with the one at <paramref name="bucketMs"/>. Later buckets, left by a clock since set back, count too.</summary>
    public static long OldestCounted(LimitWindow window, long bucketMs) => bucketMs - LengthMs(window);

    /// <summary>The first moment at which the bucket at <paramref name="bucketMs"/> counts no more.</summary>
    public static long LeavesAt(LimitWindow window, long bucketMs) => bucketMs + LengthMs(window) + BucketMs(window);

    /// <summary>
    /// The instance that a lease taken at <paramref name="nowMs"/> belongs to: the calendar window; 0 for a lifetime and for a sliding window, whose leases
    /// belong to no bucket.
    /// </summary>
    public static long LeaseStartOf(LimitWindow window, long nowMs) => IsSliding(window) ? 0 : StartOf(window, nowMs);

    /// <summary>
    /// Windows that began before this moment can be forgotten. Kept well beyond their end, so that neither a request settled late nor a clock that is set
    /// ahead and back frees what was spent; null for a lifetime, which is never forgotten.
    /// </summary>
    public static long? ForgottenBefore(LimitWindow window, long nowMs) => window switch
    {
        LimitWindow.Month => nowMs - (93 * DayMs),
        LimitWindow.Day => nowMs - (8 * DayMs),
        LimitWindow.Hour => nowMs - (2 * DayMs),
        LimitWindow.Minute or LimitWindow.Second => nowMs - (10 * MinuteMs),
        _ => null,
    };

    private static long MonthOf(long ms, int monthsLater)
    {
        var time = DateTimeOffset.FromUnixTimeMilliseconds(ms);
        return new DateTimeOffset(time.Year, time.Month, 1, 0, 0, 0, TimeSpan.Zero).AddMonths(monthsLater).ToUnixTimeMilliseconds();
    }

    private static long Floor(long ms, long unit) => ms - (((ms % unit) + unit) % unit);
}
