namespace CredentialProxy.Gateway.Metering;

/// <summary>
/// How long an answer has said nothing in which its model may have thought: before its first text, and within it wherever nothing comes for longer than a model needs for the next word.
/// </summary>
/// <param name="sentTimestamp">When the request was sent on.</param>
internal struct Silence(long sentTimestamp)
{
    // Networks and busy hosts make words wait too, which is no thinking.
    private static readonly TimeSpan UsualPause = TimeSpan.FromSeconds(1);

    private long _last = sentTimestamp;
    private bool _hasSpoken;
    private TimeSpan _sum;

    /// <summary>Text came.</summary>
    public void OnText(TimeProvider time, long now)
    {
        _sum = Until(time, now);
        (_last, _hasSpoken) = (now, true);
    }

    /// <summary>All silence until a moment.</summary>
    public readonly TimeSpan Until(TimeProvider time, long now)
    {
        var pause = time.GetElapsedTime(_last, now);
        return !_hasSpoken || pause > UsualPause ? _sum + pause : _sum;
    }
}
