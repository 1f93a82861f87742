using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace CredentialProxy.Core.Limits.Ledger;

/// <summary>All slots of a ledger, bounded in number. Binding reads it; only the keeper changes it.</summary>
internal sealed class LeaseSlots(QuotaLedgerOptions options, LedgerClock clock, ILogger logger)
{
    /// <summary>Idle leases given back in one go, so that no request waits long behind them.</summary>
    private const int MostReturns = 1_000;

    private readonly ConcurrentDictionary<(CounterKey Key, long Limit), LeaseSlot> _slots = [];
    private readonly Dictionary<CounterKey, List<LeaseSlot>> _ofCounter = [];
    private readonly List<Lease> _past = []; // of windows that have ended, until their reservations have settled
    private bool _isCrowded;

    public int Count => _slots.Count;

    public LeaseSlot? Find(CounterKey key, long limit) => _slots.GetValueOrDefault((key, limit));

    /// <summary>The lease of the limit in the present window; null when no more counters can be kept.</summary>
    public Lease? LeaseOf(BoundLimit limit, long nowMs)
    {
        var slot = limit.Slot;
        if (slot is null || slot.IsForgotten)
        {
            slot = Find(limit.Key, limit.Limit.Amount) ?? Add(limit, nowMs);
            if (slot is null)
                return null;
            limit.Slot = slot;
        }

        if (!slot.Current.Covers(nowMs))
            Roll(slot, nowMs);
        return slot.Current;
    }

    /// <summary>What is left of each limit that has a bound, in its present window. For any thread.</summary>
    public IEnumerable<LimitLeft> Left(long nowMs) => _slots.Select(entry => entry.Value)
        .Where(slot => slot.Limit < Limit.MaxAmount && slot.Current.Covers(nowMs) && slot.Current.Remaining is not null)
        .Select(slot => new LimitLeft(slot.Key, slot.Limit, slot.Current.Remaining ?? 0));

    /// <summary>The leases of other limits on the same counter in the same window.</summary>
    public IEnumerable<Lease> Siblings(Lease lease) =>
        _ofCounter[lease.Slot.Key].Where(slot => slot != lease.Slot && slot.Current.StartMs == lease.StartMs).Select(slot => slot.Current);

    /// <summary>
    /// Gives back what is idle: all of a counter that is not used, and of others what goes beyond the share ahead and was not needed, such as what a burst of
    /// requests had held. Forgets counters that have nothing left and were not used for long. What nobody can use any more goes first. False when there is more to give back than goes into one round.
    /// </summary>
    public bool Tidy(LeaseRound round, long nowMs)
    {
        if (!ReturnPast(round))
            return false;
        var timestamp = clock.Timestamp;
        foreach (var (_, slot) in _slots)
        {
            if (round.Returns >= MostReturns)
                return false;
            var lease = slot.Current;
            var idle = clock.Time.GetElapsedTime(lease.LastUsed, timestamp);
            if (idle >= options.IdleReturn || !lease.Covers(nowMs))
                round.Return(lease);
            else if (clock.Time.GetElapsedTime(lease.WatchedSince, timestamp) >= options.IdleReturn)
                round.Return(lease, lease.Watch(timestamp) - slot.MostAhead);
            if (lease.IsEmpty && idle >= (_isCrowded ? TimeSpan.Zero : options.ForgetAfter))
                Forget(slot);
        }

        _isCrowded &= _slots.Count >= options.MaxCounters;
        return true;
    }

    /// <summary>Lets go of what counts what goes on at present: what was leased of it until now is used by nobody who comes from now on.</summary>
    public void Renew(long nowMs)
    {
        foreach (var (key, slot) in _slots)
        {
            if (key.Key.IsOfTheMoment)
                Roll(slot, nowMs);
        }
    }

    /// <summary>Gives back everything that is free, or as much of it as goes into one round.</summary>
    public void ReturnAll(LeaseRound round)
    {
        if (!ReturnPast(round))
            return;
        foreach (var (_, slot) in _slots)
        {
            if (round.Returns >= MostReturns)
                return;
            round.Return(slot.Current);
        }
    }

    private bool ReturnPast(LeaseRound round)
    {
        _past.RemoveAll(lease => lease.IsEmpty);
        foreach (var lease in _past)
        {
            if (round.Returns >= MostReturns)
                return false;
            round.Return(lease);
        }

        return true;
    }

    private LeaseSlot? Add(BoundLimit limit, long nowMs)
    {
        if (_slots.Count >= options.MaxCounters)
        {
            if (!_isCrowded)
                LedgerLog.TooManyCounters(logger, options.MaxCounters);
            _isCrowded = true;
            return null;
        }

        var slot = new LeaseSlot(limit.Key, limit.Limit.Amount, options.LeaseShare, nowMs);
        slot.Current.Touch(clock.Timestamp);
        _slots[(limit.Key, limit.Limit.Amount)] = slot;
        if (!_ofCounter.TryGetValue(limit.Key, out var siblings))
            _ofCounter[limit.Key] = siblings = new List<LeaseSlot>(1);
        siblings.Add(slot);
        return slot;
    }

    private void Roll(LeaseSlot slot, long nowMs)
    {
        var past = slot.Roll(nowMs);
        slot.Current.Touch(clock.Timestamp);
        if (!past.IsEmpty)
            _past.Add(past);
    }

    private void Forget(LeaseSlot slot)
    {
        slot.IsForgotten = true;
        _slots.TryRemove((slot.Key, slot.Limit), out _);
        var siblings = _ofCounter[slot.Key];
        siblings.Remove(slot);
        if (siblings.Count == 0)
            _ofCounter.Remove(slot.Key);
    }
}
