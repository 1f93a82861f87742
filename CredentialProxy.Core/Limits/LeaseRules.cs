namespace CredentialProxy.Core.Limits;

/// <summary>What may be asked of an authority, and how much of a limit it leases; the same rules for every authority.</summary>
public static class LeaseRules
{
    /// <summary>
    /// Of what stays free after the need, the part that one lease may take ahead of need. So leases shrink towards single reservations as the limit
    /// nears, and no holder keeps the last of a limit from the others.
    /// </summary>
    private const int AheadDivisor = 4;

    /// <summary>The amount granted: at least <paramref name="need"/> and at most <paramref name="want"/>, or 0 when the need does not fit under the limit.</summary>
    /// <param name="limit">The limit.</param>
    /// <param name="used">Spent and leased in the window.</param>
    /// <param name="need">The least that helps.</param>
    /// <param name="want">What would serve the requests to come.</param>
    public static long Grant(long limit, long used, long need, long want)
    {
        var spare = limit - used - need;
        return spare < 0 ? 0 : need + Math.Clamp(want - need, 0, spare / AheadDivisor);
    }

    /// <summary>Throws when a call asks for what makes no sense; its arithmetic can then neither overflow nor free what was never leased.</summary>
    /// <param name="returns">What is given back.</param>
    /// <param name="requests">What is asked for.</param>
    public static void Check(ReadOnlySpan<LeaseAmount> returns, ReadOnlySpan<LeaseRequest> requests)
    {
        foreach (var request in requests)
        {
            if (request.Need < 1 || request.Want < request.Need || request.Want > Limit.MaxAmount || request.Limit is < 0 or > Limit.MaxAmount)
                throw new ArgumentOutOfRangeException(nameof(requests), request, "1 ≤ need ≤ want ≤ the largest amount");
        }

        Check(returns);
    }

    /// <summary>Throws when a settlement charges what makes no sense.</summary>
    /// <param name="settlements">What is settled.</param>
    public static void Check(IReadOnlyList<Settlement> settlements)
    {
        foreach (var settlement in settlements)
        {
            Check(settlement.Charges);
            Check(settlement.Excess);
        }
    }

    /// <summary>Whether there is something to reset of a counter: what slides frees itself, and of requests at a time nothing is spent.</summary>
    public static bool CanReset(CounterKey counter) => counter.Unit != LimitUnit.Concurrent && !WindowClock.IsSliding(counter.Window);

    /// <summary>Throws when a counter has nothing to reset.</summary>
    /// <param name="counter">The counter.</param>
    public static void CheckReset(CounterKey counter)
    {
        if (!CanReset(counter))
            throw new ArgumentOutOfRangeException(nameof(counter), counter, "a lifetime or calendar window, not of requests at a time");
    }

    private static void Check(ReadOnlySpan<LeaseAmount> amounts)
    {
        foreach (var amount in amounts)
        {
            if (amount.Amount is < 0 or > Limit.MaxAmount || amount.Limit is < 0 or > Limit.MaxAmount)
                throw new ArgumentOutOfRangeException(nameof(amounts), amount, "0 ≤ amount ≤ the largest amount");
        }
    }
}
