namespace CredentialProxy.Core.Limits.Ledger;

/// <summary>
/// Where the ledger keeps what it leases of one limit of one counter, window after window. Two limits on one counter (a signed claim may state its own) have
/// a slot each, since every lease was granted under its own limit.
/// </summary>
internal sealed class LeaseSlot
{
    /// <summary>A counter that needs no new lease for this many times the aimed-at interval has outgrown its size.</summary>
    private const int QuietIntervals = 10;

    private long _size; // the keeper's
    private long _leasedAt; // the keeper's; timestamp of the last lease
    private Lease _current;

    public LeaseSlot(CounterKey key, long limit, double share, long nowMs)
    {
        Key = key;
        Limit = limit;
        MostAhead = (long)(limit * share);
        _current = NewLease(nowMs);
    }

    public CounterKey Key { get; }

    public long Limit { get; }

    /// <summary>The most that is kept ahead of need.</summary>
    public long MostAhead { get; }

    /// <summary>The lease in the present window; replaced by the keeper when the window has passed.</summary>
    public Lease Current => Volatile.Read(ref _current);

    /// <summary>Set by the keeper when the slot was empty and is kept no more.</summary>
    public bool IsForgotten { get; set; }

    /// <summary>Excess that is settled and not yet written; interlocked.</summary>
    public int UnwrittenExcess;

    /// <summary>Makes the lease of the window that <paramref name="nowMs"/> falls into current, and answers the one that was.</summary>
    public Lease Roll(long nowMs)
    {
        var last = _current;
        Volatile.Write(ref _current, NewLease(nowMs));
        return last;
    }

    /// <summary>
    /// What to lease beyond a need. Doubles while leases last shorter than aimed at and halves when they last much longer, up to the share of the limit.
    /// </summary>
    public long SizeAhead(long need, long timestamp, TimeSpan aim, TimeProvider time)
    {
        var since = _leasedAt == 0 ? aim : time.GetElapsedTime(_leasedAt, timestamp);
        if (since < aim)
            _size = Math.Max(_size, need) * 2;
        else if (_size == 0)
            _size = need;
        else if (since > aim * QuietIntervals)
            _size /= 2;
        _size = Math.Min(_size, MostAhead);
        _leasedAt = timestamp;
        return Math.Clamp(MostAhead - Current.Available, 0, _size);
    }

    /// <summary>The amount under which the next lease is asked for; 0, for never, when the limit has too little left for leases of this size.</summary>
    public long LowWaterAt(long left, double part) => left >= _size ? (long)(_size * part) : 0;

    private Lease NewLease(long nowMs)
    {
        var start = WindowClock.LeaseStartOf(Key.Window, nowMs);
        return new Lease(this, start, WindowClock.IsSliding(Key.Window) ? long.MaxValue : WindowClock.EndOf(Key.Window, start));
    }
}
