namespace CredentialProxy.Core.Limits.Ledger;

/// <summary>
/// A refusal that holds for a moment: whoever floods the ledger with requests that don't fit must not keep the keeper, and those who wait for it, busy. Nothing that
/// happens in this ledger can make the amount fit meanwhile, save what then is available at once, which is looked at first; what other ledgers give back is seen when
/// the moment is over.
/// </summary>
/// <param name="Shortage">What stood in the way.</param>
/// <param name="Amount">The amount that did not fit.</param>
/// <param name="Until">Timestamp of the moment's end.</param>
internal sealed record RefusalEcho(LimitShortage Shortage, long Amount, long Until)
{
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(100);

    /// <summary>The echo of a refusal; null where the next request may fare better.</summary>
    public static RefusalEcho? Of(LimitShortage shortage, long amount, long freesAt, LedgerClock clock)
    {
        // What open requests hold comes free at any moment: a place among them here, where it is looked for first; of other units a part may be here and the rest
        // at the authority, or a window may have passed.
        if (shortage.IsTransient && shortage.Limit.Unit != LimitUnit.Concurrent)
            return null;
        var timestamp = clock.Timestamp;
        var length = Longest;
        if (freesAt > 0)
            length = TimeSpan.FromMilliseconds(Math.Min(length.TotalMilliseconds, freesAt - clock.SteadyMs(timestamp)));
        return length <= TimeSpan.Zero ? null : new RefusalEcho(shortage, amount, timestamp + (long)(length.TotalSeconds * clock.Time.TimestampFrequency));
    }
}
