namespace CredentialProxy.Core.Limits.Ledger;

/// <summary>Says what a request lacks, and when it may come again.</summary>
internal static class Shortages
{
    /// <summary>When to come again for what open requests hold: they settle within seconds, as a rule.</summary>
    private static readonly TimeSpan ForOpenRequests = TimeSpan.FromSeconds(1);

    /// <summary>A request that never fits: more than the limit, or a limit of nothing.</summary>
    public static LimitShortage? Impossible(BoundLimit limit, in Demand demand, long nowMs)
    {
        if (limit.Limit.Amount > 0 && demand.Of(limit.Key.Unit) <= limit.Limit.Amount)
            return null;
        var remaining = limit.Slot?.Current is { } lease && lease.Covers(nowMs) ? lease.Remaining : null;
        return new LimitShortage(limit.Key.Account, limit.Limit, remaining ?? limit.Limit.Amount, RetryAfter: null, IsTransient: false);
    }

    /// <summary>What the waiter lacks of its limit at <paramref name="index"/> after the authority has refused; null when asking again can help.</summary>
    public static LimitShortage? Of(LeaseWaiter waiter, int index, LeaseSlots slots, LedgerClock clock, bool isLast)
    {
        var lease = waiter.Reservation[index];
        var amount = waiter.Amount(index);
        // Held before available: what is settled in between is counted twice rather than not at all, as if it were still open.
        var held = lease.Held;
        var free = lease.Available + Math.Max(0, lease.LeftAtAuthority);
        var elsewhere = lease.LeasedToAll - lease.Leased;
        foreach (var sibling in slots.Siblings(lease))
        {
            held += sibling.Held;
            free += sibling.Available;
            elsewhere -= sibling.Leased;
        }

        if (free >= amount && !(isLast && waiter.Lacks(index) > lease.Available))
            return null;
        // What other ledgers have leased is held by their requests, or given back when it is idle.
        var isTransient = free + held + Math.Max(0, elsewhere) >= amount;
        var retryAfter = isTransient ? ForOpenRequests : UntilMore(lease, waiter.FreesAt(index), clock);
        return new LimitShortage(lease.Slot.Key.Account, waiter[index].Limit, lease.Remaining ?? 0, retryAfter, isTransient);
    }

    /// <summary>Whether waiting helps less with the one than with the other.</summary>
    public static bool IsWorse(LimitShortage one, LimitShortage other) =>
        (one.RetryAfter ?? TimeSpan.MaxValue) > (other.RetryAfter ?? TimeSpan.MaxValue);

    private static TimeSpan? UntilMore(Lease lease, long freesAt, LedgerClock clock)
    {
        if (lease.Window == LimitWindow.Lifetime)
            return null;
        if (!WindowClock.IsSliding(lease.Window))
            return Positive(WindowClock.EndOf(lease.Window, lease.StartMs) - clock.NowMs);
        return freesAt == 0
            ? TimeSpan.FromMilliseconds(WindowClock.LengthMs(lease.Window))
            : Positive(freesAt - clock.SteadyMs(clock.Timestamp));
    }

    private static TimeSpan Positive(long ms) => TimeSpan.FromMilliseconds(Math.Max(1, ms));
}
