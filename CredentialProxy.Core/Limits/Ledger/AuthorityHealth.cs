namespace CredentialProxy.Core.Limits.Ledger;

/// <summary>Whether the authority answers: where accounts can't be written, requests are refused, not let through.</summary>
internal sealed class AuthorityHealth(QuotaLedgerOptions options, TimeProvider time)
{
    private long _writeFailedAt; // timestamp of the first failure in a row, 0 for none; the settlement writer's
    private long _leaseFailedAt; // likewise; the lease keeper's

    public bool CanLease => Volatile.Read(ref _leaseFailedAt) == 0;

    /// <summary>Whether nothing may be let through now.</summary>
    /// <param name="timestamp">Now.</param>
    /// <param name="oldestUnwritten">Timestamp of the oldest settlement that is not written; 0 for none.</param>
    public bool Refuses(long timestamp, long oldestUnwritten) =>
        IsOlder(Volatile.Read(ref _writeFailedAt), timestamp, options.OutageTolerance)
        || IsOlder(Volatile.Read(ref _leaseFailedAt), timestamp, options.OutageTolerance)
        || IsOlder(oldestUnwritten, timestamp, options.MaxSettleDelay);

    /// <summary>Notes whether a write worked; true when that is news.</summary>
    public bool Wrote(bool worked) => Note(ref _writeFailedAt, worked);

    /// <summary>Notes whether leasing worked; true when that is news.</summary>
    public bool Leased(bool worked) => Note(ref _leaseFailedAt, worked);

    private bool IsOlder(long since, long timestamp, TimeSpan age) => since != 0 && time.GetElapsedTime(since, timestamp) >= age;

    private bool Note(ref long failedAt, bool worked)
    {
        var had = Volatile.Read(ref failedAt) != 0;
        if (worked)
            Volatile.Write(ref failedAt, 0);
        else if (!had)
            Volatile.Write(ref failedAt, Math.Max(1, time.GetTimestamp()));
        return had == worked;
    }
}
