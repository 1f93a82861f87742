using Microsoft.Extensions.Time.Testing;

namespace CredentialProxy.Tests.Limits.Ledger;

/// <summary>Time in the hand of a test: a wall clock that can be set, beside a steady one that can't, as a system has them.</summary>
internal sealed class JumpingTime(FakeTimeProvider steady) : TimeProvider
{
    private static readonly AsyncLocal<Action?> AfterTimestamp = new();

    private readonly FakeTimeProvider _steady = steady;
    private long _offset; // ticks

    public JumpingTime(DateTimeOffset start)
        : this(new FakeTimeProvider(start))
    {
    }

    public override long TimestampFrequency => _steady.TimestampFrequency;

    /// <summary>Has the caller's next look at the steady clock be followed by something before it goes on.</summary>
    public static void AfterMyNextTimestamp(Action then) => AfterTimestamp.Value = then;

    /// <summary>Lets time pass.</summary>
    public void Advance(TimeSpan by) => _steady.Advance(by);

    /// <summary>Sets the wall clock ahead, or back.</summary>
    public void Jump(TimeSpan by) => Interlocked.Add(ref _offset, by.Ticks);

    /// <summary>Sets the wall clock to so much more than what has passed since the start.</summary>
    public void JumpTo(TimeSpan offset) => Interlocked.Exchange(ref _offset, offset.Ticks);

    public override DateTimeOffset GetUtcNow() => _steady.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _offset));

    public override long GetTimestamp()
    {
        var timestamp = _steady.GetTimestamp();
        if (AfterTimestamp.Value is { } then)
        {
            AfterTimestamp.Value = null;
            then();
        }
        return timestamp;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => _steady.CreateTimer(callback, state, dueTime, period);
}
