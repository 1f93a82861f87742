using System.Runtime.CompilerServices;
using CredentialProxy.Core.Limits.Ledger;
using CredentialProxy.Core.Usage;

namespace CredentialProxy.Core.Limits;

/// <summary>The worst case of one request, held against every limit of its accounts until it is settled, released or expires; the first of these wins.</summary>
public sealed class Reservation
{
    /// <summary>Leases kept in the object itself: a token's, its project's and its credential's usual limits.</summary>
    private const int InlineLeases = 6;

    private const int Open = 0;
    private const int Closed = 1;

    private readonly ReservationBook _book;
    private readonly Lease[]? _moreLeases;
    private LeaseArray _leases;
    private int _state; // Open → Closed, once, by compare-and-swap

    internal Reservation(ReservationBook book, IReservationOwner owner, Demand held, int leaseCount)
    {
        _book = book;
        Owner = owner;
        Held = held;
        LeaseCount = leaseCount;
        _moreLeases = leaseCount > InlineLeases ? new Lease[leaseCount - InlineLeases] : null;
    }

    /// <summary>What is held.</summary>
    public Demand Held { get; }

    /// <summary>Whether it was settled, released or has expired: to settle it again would do nothing.</summary>
    public bool IsClosed => Volatile.Read(ref _state) == Closed;

    internal IReservationOwner Owner { get; }

    internal int LeaseCount { get; }

    /// <summary>When it was reserved, as a timestamp; set before it is opened.</summary>
    internal long ReservedAt { get; set; }

    // Guarded by the book: neighbours in its lists, windows that have slid past, and how it was settled.
    internal Reservation? Previous { get; set; }

    internal Reservation? Next { get; set; }

    internal bool IsPastSecond { get; set; }

    internal bool IsPastMinute { get; set; }

    internal Demand Actual { get; set; }

    internal UsageRecord? Record { get; set; }

    /// <summary>Per lease, what was used beyond everything leased; null for none.</summary>
    internal long[]? Excess { get; set; }

    internal ref Lease this[int index]
    {
        get
        {
            if (index >= InlineLeases)
                return ref _moreLeases![index - InlineLeases];
            return ref _leases[index];
        }
    }

    /// <summary>
    /// Replaces what is held by what was really used and leaves the record for the authority. Never blocks, never throws. False, and nothing happens,
    /// when the reservation was settled, released or expired before.
    /// </summary>
    /// <param name="actual">What was used; negative amounts count as 0.</param>
    /// <param name="record">The request's record; marked as overrun when more was used than held.</param>
    public bool Settle(Demand actual, UsageRecord record)
    {
        if (!TryClose())
            return false;
        actual = actual.Bounded();
        // What an upstream bills beyond the worst case is not to be trusted, so it is visible in the record.
        if (actual.Tokens > Held.Tokens || actual.CostMicroUsd > Held.CostMicroUsd || actual.Requests > Held.Requests)
            record = record with { Marks = record.Marks | UsageMarks.Overrun };
        _book.Settle(this, actual, record);
        return true;
    }

    /// <summary>Gives everything back: nothing reached the provider. False, and nothing happens, when it was settled, released or expired before.</summary>
    public bool Release()
    {
        if (!TryClose())
            return false;
        _book.Release(this);
        return true;
    }

    /// <summary>
    /// The least that is neither spent nor held of <paramref name="unit"/> over all limits of the request, as this ledger knows it. False when none of
    /// them limits that unit, or the request takes nothing of it and the ledger has not asked yet.
    /// </summary>
    public bool TryGetRemaining(LimitUnit unit, out long remaining)
    {
        remaining = long.MaxValue;
        for (var index = 0; index < LeaseCount; index++)
        {
            var lease = this[index];
            if (lease.Unit == unit && lease.Slot.Limit < Limit.MaxAmount && lease.Remaining is { } left)
                remaining = Math.Min(remaining, left);
        }

        return remaining != long.MaxValue;
    }

    /// <summary>
    /// The limits in lifetime and calendar windows, those that are still under way, of which something is held that will be spent; none once it is closed. What slides, and what is only held, is no
    /// money that could be gone.
    /// </summary>
    public IReadOnlyList<HeldLimit> HeldLimits(DateTimeOffset now)
    {
        var nowMs = now.ToUnixTimeMilliseconds();
        var limits = new List<HeldLimit>();
        for (var index = 0; index < LeaseCount && !IsClosed; index++)
        {
            var lease = this[index];
            if (lease.Unit != LimitUnit.Concurrent && !WindowClock.IsSliding(lease.Window) && lease.Covers(nowMs) && Held.Of(lease.Unit) > 0)
                limits.Add(new HeldLimit(lease.Slot.Key, lease.Slot.Limit));
        }

        return limits;
    }

    internal bool TryClose() => Interlocked.CompareExchange(ref _state, Closed, Open) == Open;

    /// <summary>Whether the sliding window of <paramref name="lease"/> has passed since this was reserved, so that nothing of it is held any more.</summary>
    internal bool IsPast(Lease lease) => lease.Window switch
    {
        LimitWindow.Second => IsPastSecond,
        LimitWindow.Minute => IsPastMinute,
        _ => false,
    };

    [InlineArray(InlineLeases)]
    private struct LeaseArray
    {
        private Lease _first;
    }
}
