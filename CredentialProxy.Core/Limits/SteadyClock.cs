namespace CredentialProxy.Core.Limits;

/// <summary>
/// Unix time that never jumps: the wall clock's at the start, and from then on what has passed since. Sliding windows follow it, so that a clock that is set
/// neither empties nor freezes them.
/// </summary>
internal sealed class SteadyClock(TimeProvider time)
{
    private readonly long _startMs = time.GetUtcNow().ToUnixTimeMilliseconds();
    private readonly long _startTimestamp = time.GetTimestamp();

    public long NowMs => Ms(time.GetTimestamp());

    public long Ms(long timestamp) => _startMs + (long)time.GetElapsedTime(_startTimestamp, timestamp).TotalMilliseconds;
}
