namespace CredentialProxy.Core.Limits.Ledger;

/// <summary>What a settled reservation charges to its leases.</summary>
internal static class SettledCharges
{
    public static Settlement ToSettlement(Reservation reservation, LedgerClock clock)
    {
        var count = 0;
        for (var index = 0; index < reservation.LeaseCount; index++)
            count += ToLease(reservation, index) > 0 ? 1 : 0;
        var charges = count == 0 ? [] : new LeaseAmount[count];
        for (var index = reservation.LeaseCount - 1; index >= 0; index--)
        {
            var amount = ToLease(reservation, index);
            if (amount > 0)
                charges[--count] = Amount(reservation, index, amount, clock);
        }

        return new Settlement(reservation.Record!, charges, reservation.Excess is null ? [] : ToLimits(reservation, clock));
    }

    /// <summary>The authority has booked it: what was charged is leased to us no more.</summary>
    public static void Written(Reservation reservation)
    {
        for (var index = 0; index < reservation.LeaseCount; index++)
        {
            var lease = reservation[index];
            lease.Remove(ToLease(reservation, index));
            if (reservation.Excess is { } excess && excess[index] > 0)
                Interlocked.Decrement(ref lease.Slot.UnwrittenExcess);
        }
    }

    /// <summary>Nothing of a gauge is ever spent, nor of a sliding window that had passed when the request ended: its charge would count in no window to come.</summary>
    private static long ToLease(Reservation reservation, int index)
    {
        var lease = reservation[index];
        if (lease.Unit == LimitUnit.Concurrent || reservation.IsPast(lease))
            return 0;
        return reservation.Actual.Of(lease.Unit) - (reservation.Excess?[index] ?? 0);
    }

    private static LeaseAmount[] ToLimits(Reservation reservation, LedgerClock clock)
    {
        var amounts = new List<LeaseAmount>();
        for (var index = 0; index < reservation.LeaseCount; index++)
        {
            if (reservation.Excess![index] > 0)
                amounts.Add(Amount(reservation, index, reservation.Excess[index], clock));
        }

        return [.. amounts];
    }

    private static LeaseAmount Amount(Reservation reservation, int index, long amount, LedgerClock clock)
    {
        var lease = reservation[index];
        return new LeaseAmount(clock.InstanceOf(lease, reservation.ReservedAt), lease.Slot.Limit, amount);
    }
}
