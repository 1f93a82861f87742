using System.Runtime.InteropServices;

namespace CredentialProxy.Core.Limits.Redis.Recovery;

/// <summary>What this gateway holds by its own count: leased, and neither charged nor returned. It is what accounts that are rebuilt are told.</summary>
internal sealed class LeaseTally
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(long Limit, CounterInstance Counter), long> _held = []; // guarded by _gate

    /// <summary>What is held, where it is more than nothing.</summary>
    public IReadOnlyList<LeaseAmount> All()
    {
        lock (_gate)
            return [.. _held.Select(held => new LeaseAmount(held.Key.Counter, held.Key.Limit, held.Value))];
    }

    /// <summary>Takes note of a call for leases that was done.</summary>
    public void Note(ReadOnlySpan<LeaseAmount> returns, ReadOnlySpan<LeaseRequest> requests, LeaseAnswer[] answers)
    {
        lock (_gate)
        {
            foreach (var given in returns)
                Change(given.Limit, given.Counter, -given.Amount);
            for (var index = 0; index < requests.Length; index++)
                Change(requests[index].Limit, requests[index].Counter, answers[index].Granted);
        }
    }

    /// <summary>Takes note of settlements that were done.</summary>
    public void Note(IReadOnlyList<Settlement> settlements)
    {
        lock (_gate)
        {
            foreach (var settlement in settlements)
            {
                foreach (var charge in settlement.Charges)
                    Change(charge.Limit, charge.Counter, -charge.Amount);
            }
        }
    }

    // What a sliding window has leased belongs to none of its buckets.
    private void Change(long limit, CounterInstance counter, long change)
    {
        var key = (limit, WindowClock.IsSliding(counter.Key.Window) ? counter with { Start = 0 } : counter);
        ref var held = ref CollectionsMarshal.GetValueRefOrAddDefault(_held, key, out _);
        held += change;
        if (held <= 0)
            _held.Remove(key);
    }
}
