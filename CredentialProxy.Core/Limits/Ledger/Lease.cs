namespace CredentialProxy.Core.Limits.Ledger;

/// <summary>
/// What this ledger may spend of one limit in one window. At any time, what the authority has leased to us is what is available here, plus what open
/// reservations hold, plus what was settled and is not yet written.
/// </summary>
internal sealed class Lease(LeaseSlot slot, long startMs, long endMs)
{
    private long _available; // interlocked; never negative
    private long _least; // the least that was available since the keeper began to watch; a lost update is harmless
    private long _leased; // interlocked; what the authority has leased to us, as far as its answers have come
    private long _leftAtAuthority; // written by the keeper
    private volatile bool _hasAnswer; // written by the keeper, after the amount
    private long _lastUsed; // timestamp; a lost update is harmless
    private int _refillAsked; // interlocked; 1 while a refill is under way
    private long _lowWater; // written by the keeper
    private long _held; // changed by the book, under its lock

    public LeaseSlot Slot { get; } = slot;

    public LimitUnit Unit { get; } = slot.Key.Unit;

    public LimitWindow Window { get; } = slot.Key.Window;

    /// <summary>Start of the calendar window; 0 for a lifetime and for a sliding window.</summary>
    public long StartMs { get; } = startMs;

    public long Available => Volatile.Read(ref _available);

    /// <summary>Neither spent nor held, as far as this ledger knows; null while it has not asked.</summary>
    public long? Remaining => _hasAnswer ? Math.Max(0, Available + Volatile.Read(ref _leftAtAuthority)) : null;

    /// <summary>What the limit had left for anyone when the authority last answered.</summary>
    public long LeftAtAuthority
    {
        get => Volatile.Read(ref _leftAtAuthority);
        set
        {
            Volatile.Write(ref _leftAtAuthority, value);
            _hasAnswer = true;
        }
    }

    /// <summary>What was leased to all holders, under all limits of the counter, when the authority last answered. The keeper's alone.</summary>
    public long LeasedToAll { get; set; }

    /// <summary>Leased to us, what is settled and not yet written included.</summary>
    public long Leased => Volatile.Read(ref _leased);

    /// <summary>Since when the keeper watches what of it is not needed; 0 for not yet. The keeper's alone.</summary>
    public long WatchedSince { get; private set; }

    public long LowWater
    {
        set => Volatile.Write(ref _lowWater, value);
    }

    /// <summary>Neither is anything available nor will anything come back.</summary>
    public bool IsEmpty => Leased == 0 && Available == 0;

    /// <summary>Held by open reservations.</summary>
    public long Held
    {
        get => Volatile.Read(ref _held);
        set => Volatile.Write(ref _held, value);
    }

    public long LastUsed => Volatile.Read(ref _lastUsed);

    public bool Covers(long nowMs) => nowMs < endMs && nowMs >= StartMs;

    /// <summary>Takes the whole amount or nothing.</summary>
    public bool TryTake(long amount, long timestamp)
    {
        var available = Volatile.Read(ref _available);
        while (available >= amount)
        {
            var seen = Interlocked.CompareExchange(ref _available, available - amount, available);
            if (seen == available)
            {
                Volatile.Write(ref _lastUsed, timestamp);
                NoteLeast(available - amount);
                return true;
            }

            available = seen;
        }

        return false;
    }

    /// <summary>Takes as much of the amount as there is, and says how much that was.</summary>
    public long TakeUpTo(long amount)
    {
        while (true)
        {
            var taken = Math.Min(amount, Available);
            if (taken <= 0)
                return 0;
            if (TryTakeExactly(taken))
                return taken;
        }
    }

    public void Give(long amount) => Interlocked.Add(ref _available, amount);

    /// <summary>The authority has leased more, of which <paramref name="promised"/> is not available but goes to the one who asked.</summary>
    public void Add(long granted, long promised)
    {
        Interlocked.Add(ref _leased, granted);
        Interlocked.Add(ref _available, granted - promised);
    }

    /// <summary>The authority has taken back, or booked as spent, what was neither available nor held here.</summary>
    public void Remove(long amount) => Interlocked.Add(ref _leased, -amount);

    /// <summary>Begins to watch anew, and answers how much was available all the time since it last began.</summary>
    public long Watch(long timestamp)
    {
        WatchedSince = timestamp;
        var least = Math.Min(Volatile.Read(ref _least), Available);
        Volatile.Write(ref _least, Available);
        return least;
    }

    public void Touch(long timestamp) => Volatile.Write(ref _lastUsed, timestamp);

    /// <summary>Whether a refill should be asked for now; true once until <see cref="RefillDone"/>.</summary>
    public bool ShouldAskRefill() =>
        Available < Volatile.Read(ref _lowWater) && Volatile.Read(ref _refillAsked) == 0 && Interlocked.Exchange(ref _refillAsked, 1) == 0;

    public void RefillDone() => Volatile.Write(ref _refillAsked, 0);

    private bool TryTakeExactly(long amount)
    {
        var available = Available;
        if (available < amount || Interlocked.CompareExchange(ref _available, available - amount, available) != available)
            return false;
        NoteLeast(available - amount);
        return true;
    }

    private void NoteLeast(long available)
    {
        if (available < Volatile.Read(ref _least))
            Volatile.Write(ref _least, available);
    }
}
