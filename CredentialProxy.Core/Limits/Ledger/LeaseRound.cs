using System.Runtime.InteropServices;

namespace CredentialProxy.Core.Limits.Ledger;

/// <summary>One call to the authority for everybody who waits: what is given back, what each lacks, and what to keep ahead of need.</summary>
internal sealed class LeaseRound(QuotaLedgerOptions options, LedgerClock clock)
{
    private readonly List<LeaseAmount> _returns = [];
    private readonly List<Lease> _returnedFrom = [];
    private readonly List<LeaseRequest> _requests = [];
    private readonly List<(Lease Lease, LeaseWaiter? Waiter, int Index)> _askers = [];
    private readonly Dictionary<Lease, int> _lastRequestOf = [];
    private readonly long _timestamp = clock.Timestamp;

    /// <summary>Something was just used beyond its limit that the authority does not know of yet, so that its answer would be too generous.</summary>
    private bool _needsFlush;

    public bool IsEmpty => _requests.Count == 0 && _returns.Count == 0;

    public int Returns => _returns.Count;

    /// <summary>Gives back what is free of the lease, up to <paramref name="most"/>.</summary>
    public void Return(Lease lease, long most = long.MaxValue)
    {
        var free = lease.TakeUpTo(most);
        if (free == 0)
            return;
        _returns.Add(new LeaseAmount(clock.InstanceOf(lease, _timestamp), lease.Slot.Limit, free));
        _returnedFrom.Add(lease);
    }

    /// <summary>Asks for what the waiter lacks of its limit at <paramref name="index"/>.</summary>
    public void Ask(LeaseWaiter waiter, int index) => Ask(waiter.Reservation[index], waiter.Lacks(index), waiter, index);

    /// <summary>Asks for what requests to come will need.</summary>
    public void AskAhead(Lease lease) => Ask(lease, 1, waiter: null, index: 0);

    /// <summary>
    /// Asks, and deals out the answers: to each waiter what it lacked, to its lease what goes beyond. Throws what the authority throws, or the writer whose
    /// settlements it must know first, with everything as before; only what waiters took stays with them.
    /// </summary>
    public async Task SendAsync(IQuotaAuthority authority, SettlementWriter writer)
    {
        WantAhead();
        LeaseAnswer[] answers;
        try
        {
            if (_needsFlush)
                await writer.FlushAsync(CancellationToken.None);
            answers = await authority.LeaseAsync(_returns.ToArray(), _requests.ToArray(), CancellationToken.None);
        }
        catch
        {
            for (var index = 0; index < _returns.Count; index++)
                _returnedFrom[index].Give(_returns[index].Amount);
            EndRefills();
            throw;
        }

        for (var index = 0; index < _returns.Count; index++)
        {
            _returnedFrom[index].Remove(_returns[index].Amount);
            _returnedFrom[index].LeftAtAuthority += _returns[index].Amount;
        }

        for (var index = 0; index < answers.Length; index++)
            Apply(_askers[index], _requests[index], answers[index]);
        EndRefills();
    }

    private void Ask(Lease lease, long need, LeaseWaiter? waiter, int index)
    {
        _lastRequestOf[lease] = _requests.Count;
        _requests.Add(new LeaseRequest(clock.InstanceOf(lease, _timestamp), lease.Slot.Limit, need, need));
        _askers.Add((lease, waiter, index));
        _needsFlush |= Volatile.Read(ref lease.Slot.UnwrittenExcess) > 0;
    }

    /// <summary>Only the last request on each lease wants more than it needs, so that nobody who waits goes short of what another has ahead.</summary>
    private void WantAhead()
    {
        foreach (var (lease, last) in _lastRequestOf)
        {
            ref var request = ref CollectionsMarshal.AsSpan(_requests)[last];
            var ahead = lease.Slot.SizeAhead(request.Need, _timestamp, options.LeaseFor, clock.Time);
            // What nobody waits for is ahead of need from its first token on.
            if (_askers[last].Waiter is null)
                ahead = Math.Max(0, ahead - request.Need);
            request = request with { Want = Math.Min(request.Need + ahead, Limit.MaxAmount) };
        }
    }

    private void Apply((Lease Lease, LeaseWaiter? Waiter, int Index) asker, LeaseRequest request, LeaseAnswer answer)
    {
        var lease = asker.Lease;
        lease.LeftAtAuthority = request.Limit - answer.Spent - answer.Leased;
        lease.LeasedToAll = answer.Leased;
        lease.LowWater = lease.Slot.LowWaterAt(lease.LeftAtAuthority, options.LowWater);
        if (answer.Granted == 0)
        {
            asker.Waiter?.Refuse(asker.Index, answer.FreesAt);
            return;
        }

        LedgerMeters.Leased(lease.Unit, answer.Granted);
        lease.Touch(_timestamp);
        asker.Waiter?.Grant(asker.Index);
        lease.Add(answer.Granted, promised: asker.Waiter is null ? 0 : request.Need);
    }

    private void EndRefills()
    {
        foreach (var lease in _lastRequestOf.Keys)
            lease.RefillDone();
    }
}
