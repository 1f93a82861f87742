namespace CredentialProxy.Core.Limits;

/// <summary>How much of a limit an authority leases; the same rule for every authority.</summary>
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
}
