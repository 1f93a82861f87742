namespace CredentialProxy.Core.Limits.Ledger;

/// <summary>
/// The two clocks of a ledger: calendar windows follow the wall clock; sliding windows, ages and pauses follow one that never jumps.
/// </summary>
internal sealed class LedgerClock(TimeProvider time)
{
    private readonly SteadyClock _steady = new(time);

    public TimeProvider Time { get; } = time;

    public long Timestamp => Time.GetTimestamp();

    /// <summary>Unix milliseconds by the wall clock.</summary>
    public long NowMs => Time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Unix milliseconds by the steady clock.</summary>
    public long SteadyMs(long timestamp) => _steady.Ms(timestamp);

    /// <summary>The counter's instance that something reserved at <paramref name="timestamp"/> from <paramref name="lease"/> counts in.</summary>
    public CounterInstance InstanceOf(Lease lease, long timestamp) =>
        new(lease.Slot.Key, WindowClock.IsSliding(lease.Window) ? WindowClock.StartOf(lease.Window, SteadyMs(timestamp)) : lease.StartMs);

    public TimeSpan Since(long timestamp) => Time.GetElapsedTime(timestamp);

    public long Before(TimeSpan span) => Timestamp - (long)(span.TotalSeconds * Time.TimestampFrequency);
}
