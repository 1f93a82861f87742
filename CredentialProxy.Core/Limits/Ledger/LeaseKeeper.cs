using Microsoft.Extensions.Logging;

namespace CredentialProxy.Core.Limits.Ledger;

/// <summary>
/// The one who talks to the authority about leases: for requests that did not fit into the leases at hand, ahead of need, and to give back what is idle. One
/// loop, one call at a time; all who wait meanwhile share the next.
/// </summary>
internal sealed class LeaseKeeper(
    IQuotaAuthority authority, LeaseSlots slots, ReservationBook book, SettlementWriter writer, AuthorityHealth health, QuotaLedgerOptions options,
    LedgerClock clock, ILogger logger)
{
    private const int MostInRound = 512;

    /// <summary>A wish that neither fits nor fails in so many rounds is told to come again: others take what comes free.</summary>
    private const int MostRounds = 8;

    private readonly LeaseInbox _inbox = new(MostInRound, options.MaxQueuedSettlements);
    private readonly Signal _stop = new();
    private int _mustRenew; // interlocked

    /// <summary>Puts the waiter in line; false when the line is full or the ledger stops.</summary>
    public bool TryAsk(LeaseWaiter waiter) => _inbox.TryAdd(waiter);

    /// <summary>Leases more in the background.</summary>
    public void AskAhead(Lease lease) => _inbox.Add(lease);

    /// <summary>Gives back what is idle.</summary>
    public void Tidy() => _inbox.AddTidying();

    /// <summary>What was leased until now was taken for a dead one's.</summary>
    public void Renew()
    {
        Volatile.Write(ref _mustRenew, 1);
        _inbox.Wake();
    }

    /// <summary>Refuses who waits, gives back everything and ends.</summary>
    public void Stop()
    {
        _inbox.Close();
        _stop.Set();
    }

    public async Task RunAsync()
    {
        var waiters = new List<LeaseWaiter>();
        var refills = new List<Lease>();
        while (true)
        {
            await _inbox.WaitAsync();
            if (!_inbox.Take(waiters, refills, out var isTidyDue))
                break;
            isTidyDue |= TryRenew();
            while (waiters.Count > 0 || refills.Count > 0 || isTidyDue)
            {
                isTidyDue = await RunRoundAsync(waiters, refills, isTidyDue);
                refills.Clear();
            }
        }

        Refuse(waiters);
        LeaseRound last;
        do
        {
            last = new LeaseRound(options, clock);
            slots.ReturnAll(last);
        }
        while (!last.IsEmpty && await TrySendAsync(last));
    }

    /// <summary>
    /// One call to the authority; leaves in <paramref name="waiters"/> those who should ask again. Answers whether there are leases to give back before anybody does.
    /// </summary>
    private async Task<bool> RunRoundAsync(List<LeaseWaiter> waiters, List<Lease> refills, bool isTidyDue)
    {
        var nowMs = clock.NowMs;
        book.LetWindowsPass(clock.Timestamp);
        var round = new LeaseRound(options, clock);
        // In a round of its own, which whoever has come meanwhile shares.
        if (isTidyDue && !slots.Tidy(round, nowMs))
            _inbox.AddTidying();
        waiters.RemoveAll(waiter => !TryAdd(waiter, round, nowMs));
        foreach (var lease in refills)
            AskAhead(lease, round);
        if (round.IsEmpty)
            return false;
        if (!await TrySendAsync(round))
        {
            Refuse(waiters);
            await RecoverAsync(waiters);
            return TryRenew();
        }

        // What they took was leased to one who is dead.
        if (TryRenew())
        {
            foreach (var waiter in waiters)
                waiter.GiveBack();
            return true;
        }

        // Those who have everything first: what the others give back must not tempt anybody before all have given back.
        waiters.RemoveAll(TryFinish);
        foreach (var waiter in waiters)
            waiter.GiveBack();
        waiters.RemoveAll(waiter => TryAgain(waiter) is { } outcome && Finish(waiter, outcome));
        return false;
    }

    private bool TryRenew()
    {
        if (Interlocked.Exchange(ref _mustRenew, 0) == 0)
            return false;
        slots.Renew(clock.NowMs);
        return true;
    }

    private static void AskAhead(Lease lease, LeaseRound round)
    {
        // What was leased for a window that is over, or to a slot that is forgotten, would serve nobody.
        if (lease.Slot.Current == lease && !lease.Slot.IsForgotten)
            round.AskAhead(lease);
        else
            lease.RefillDone();
    }

    /// <summary>Takes what is at hand and asks for the rest; false when the waiter is done with.</summary>
    private bool TryAdd(LeaseWaiter waiter, LeaseRound round, long nowMs)
    {
        if (waiter.Task.IsCompleted)
            return false;
        for (var index = 0; index < waiter.Count; index++)
        {
            if (slots.LeaseOf(waiter[index], nowMs) is not { } lease)
            {
                waiter.GiveBack();
                waiter.TrySetResult(ReserveOutcome.Unavailable);
                return false;
            }

            waiter.Reservation[index] = lease;
            waiter.Take(index);
        }

        if (TryFinish(waiter))
            return false;
        for (var index = 0; index < waiter.Count; index++)
        {
            if (waiter.Lacks(index) == 0)
                continue;
            round.Ask(waiter, index);
            // Refused once: what other limits on the same counter keep ahead is worth more here.
            if (waiter.Rounds > 0)
                ReturnSiblings(waiter.Reservation[index], round);
        }

        waiter.Rounds++;
        return true;
    }

    private void ReturnSiblings(Lease lease, LeaseRound round)
    {
        foreach (var sibling in slots.Siblings(lease))
            round.Return(sibling);
    }

    private async Task<bool> TrySendAsync(LeaseRound round)
    {
        try
        {
            await round.SendAsync(authority, writer);
            return true;
        }
#pragma warning disable CA1031 // Whatever it is, nothing is let through and the loop lives on.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            if (health.Leased(worked: false))
                LedgerLog.CannotLease(logger, exception);
            return false;
        }
    }

    /// <summary>Waits until the authority can write again, refusing who comes meanwhile.</summary>
    private async Task RecoverAsync(List<LeaseWaiter> waiters)
    {
        var refills = new List<Lease>();
        for (var pause = options.RetryDelay; !health.CanLease; pause = pause * 2 < options.MaxRetryDelay ? pause * 2 : options.MaxRetryDelay)
        {
            await _stop.WaitAsync(pause, clock.Time);
            TryRenew();
            var isRunning = _inbox.Take(waiters, refills, out _);
            Refuse(waiters);
            foreach (var lease in refills)
                lease.RefillDone();
            refills.Clear();
            if (!isRunning)
            {
                _inbox.Wake();
                return;
            }

            // An empty call proves that the accounts can be written.
            if (await TrySendAsync(new LeaseRound(options, clock)) && health.Leased(worked: true))
                LedgerLog.LeasingAgain(logger);
        }
    }

    /// <summary>Opens the waiter's reservation if it has everything.</summary>
    private bool TryFinish(LeaseWaiter waiter)
    {
        if (!waiter.HasAll)
            return false;
        Finish(waiter, new ReserveOutcome(waiter.Reservation));
        return true;
    }

    private bool Finish(LeaseWaiter waiter, ReserveOutcome outcome)
    {
        if (outcome.Reservation is { } reservation)
        {
            // Not before the grant: the window of the request must not begin before the authority has looked at it.
            reservation.ReservedAt = clock.Timestamp;
            if (book.TryOpen(reservation))
            {
                // A client that has gone away in the meantime holds nothing.
                if (!waiter.TrySetResult(outcome))
                    reservation.Release();
                return true;
            }

            waiter.GiveBack();
            outcome = ReserveOutcome.Unavailable;
        }

        waiter.TrySetResult(outcome);
        return true;
    }

    /// <summary>After a round that was not enough: fits what others gave back, or null to ask again, or says what is short.</summary>
    private ReserveOutcome? TryAgain(LeaseWaiter waiter)
    {
        if (waiter.TryTakeAll())
            return new ReserveOutcome(waiter.Reservation);
        LimitShortage? worst = null;
        for (var index = 0; index < waiter.Count; index++)
        {
            var shortage = Shortages.Of(waiter, index, slots, clock, isLast: waiter.Rounds >= MostRounds);
            if (shortage is null)
                continue;
            if (RefusalEcho.Of(shortage, waiter.Amount(index), waiter.FreesAt(index), clock) is { } echo)
                waiter.Reservation[index].Echo(echo);
            if (worst is null || Shortages.IsWorse(shortage, worst))
                worst = shortage;
        }

        return worst is null ? null : new ReserveOutcome(worst);
    }

    private static void Refuse(List<LeaseWaiter> waiters)
    {
        foreach (var waiter in waiters)
        {
            waiter.GiveBack();
            waiter.TrySetResult(ReserveOutcome.Unavailable);
        }

        waiters.Clear();
    }
}
