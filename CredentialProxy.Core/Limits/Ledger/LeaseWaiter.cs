namespace CredentialProxy.Core.Limits.Ledger;

/// <summary>A request that did not fit into the leases at hand and waits for the keeper. Finished once: by the keeper, or by the client going away.</summary>
internal sealed class LeaseWaiter(Reservation reservation, BoundAccounts accounts, BoundAccounts? credential)
    : TaskCompletionSource<ReserveOutcome>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    private readonly long[] _taken = new long[reservation.LeaseCount];
    private readonly long[] _freesAt = new long[reservation.LeaseCount];

    public Reservation Reservation { get; } = reservation;

    /// <summary>How often the authority was asked for it.</summary>
    public int Rounds { get; set; }

    public int Count => Reservation.LeaseCount;

    public BoundLimit this[int index] =>
        index < accounts.Limits.Length ? accounts.Limits[index] : credential!.Limits[index - accounts.Limits.Length];

    /// <summary>What it needs of the limit at <paramref name="index"/>.</summary>
    public long Amount(int index) => Reservation.Held.Of(this[index].Key.Unit);

    /// <summary>What it still lacks of the limit at <paramref name="index"/>.</summary>
    public long Lacks(int index) => Amount(index) - _taken[index];

    public bool HasAll
    {
        get
        {
            for (var index = 0; index < Count; index++)
            {
                if (Lacks(index) > 0)
                    return false;
            }

            return true;
        }
    }

    /// <summary>Takes what the lease has, up to what is lacking.</summary>
    public void Take(int index) => _taken[index] += Reservation[index].TakeUpTo(Lacks(index));

    /// <summary>A grant that covers what was lacking.</summary>
    public void Grant(int index) => _taken[index] = Amount(index);

    /// <summary>What was lacking does not fit, before <paramref name="freesAt"/> at least.</summary>
    public void Refuse(int index, long freesAt) => _freesAt[index] = freesAt;

    /// <summary>When a sliding window has room for what it lacked when it was last refused; 0 for unknown.</summary>
    public long FreesAt(int index) => _freesAt[index];

    /// <summary>Takes everything from what is at hand, or nothing.</summary>
    public bool TryTakeAll()
    {
        for (var index = 0; index < Count; index++)
            Take(index);
        if (HasAll)
            return true;
        GiveBack();
        return false;
    }

    public void GiveBack()
    {
        for (var index = 0; index < Count; index++)
        {
            if (_taken[index] > 0)
                Reservation[index].Give(_taken[index]);
            _taken[index] = 0;
        }
    }
}
