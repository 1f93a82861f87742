using CredentialProxy.Core.Usage;

namespace CredentialProxy.Core.Limits.Ledger;

/// <summary>
/// Every reservation that is open or settled and not yet written: two lists, oldest first, under one short lock. Their number together is bounded when a
/// reservation opens, so that settling always has room.
/// </summary>
internal sealed class ReservationBook(int most, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly long _minute = Ticks(time, LimitWindow.Minute);
    private readonly long _second = Ticks(time, LimitWindow.Second);

    // All guarded by _gate, except that counts and times are read without.
    private Reservation? _oldest;
    private Reservation? _newest;
    private Reservation? _firstInMinute; // the oldest open one that its minute has not passed
    private Reservation? _firstInSecond;
    private Reservation? _firstSettled;
    private Reservation? _lastSettled;
    private Reservation? _copiedTo; // the last one in line that was copied
    private int _open;
    private int _unwritten;
    private int _waiting;
    private long _settled; // ever
    private long _written; // ever
    private long _waitingSince; // timestamp of the oldest settlement still in the list, 0 for none
    private long _writingSince; // timestamp of the oldest settlement handed to the authority, 0 for none
    private bool _isClosed;

    /// <summary>Called, outside the lock, when something was settled while nothing waited.</summary>
    public required Action SettlementsWait { get; init; }

    public int OpenCount => Volatile.Read(ref _open);

    public int UnwrittenCount => Volatile.Read(ref _unwritten);

    /// <summary>How many are settled and in line.</summary>
    public int WaitingCount => Volatile.Read(ref _waiting);

    public bool HasSettled => Volatile.Read(ref _firstSettled) is not null;

    public bool IsFull => Volatile.Read(ref _open) + Volatile.Read(ref _unwritten) >= most;

    /// <summary>Timestamp of the oldest settlement that is not written; 0 for none.</summary>
    public long OldestUnwritten
    {
        get
        {
            var writing = Volatile.Read(ref _writingSince);
            return writing != 0 ? writing : Volatile.Read(ref _waitingSince);
        }
    }

    /// <summary>Enters a reservation whose amounts are held; false when there is no room.</summary>
    public bool TryOpen(Reservation reservation)
    {
        lock (_gate)
        {
            if (_isClosed || _open + _unwritten >= most)
                return false;
            _open++;
            reservation.Previous = _newest;
            if (_newest is null)
                _oldest = reservation;
            else
                _newest.Next = reservation;
            _newest = reservation;
            _firstInMinute ??= reservation;
            _firstInSecond ??= reservation;
            for (var index = 0; index < reservation.LeaseCount; index++)
            {
                var lease = reservation[index];
                lease.Held += reservation.Held.Of(lease.Unit);
            }

            return true;
        }
    }

    /// <summary>Puts what was used in place of what was held, and the reservation in line to be written. The caller has closed it.</summary>
    public void Settle(Reservation reservation, Demand actual, UsageRecord record)
    {
        bool isFirst;
        lock (_gate)
        {
            Unlink(reservation);
            reservation.Actual = actual;
            reservation.Record = record;
            for (var index = 0; index < reservation.LeaseCount; index++)
                Replace(reservation, index, actual);
            isFirst = _firstSettled is null;
            if (isFirst)
            {
                _firstSettled = reservation;
                Volatile.Write(ref _waitingSince, time.GetTimestamp());
            }
            else
            {
                _lastSettled!.Next = reservation;
            }

            _lastSettled = reservation;
            _unwritten++;
            _waiting++;
            _settled++;
        }

        if (isFirst)
            SettlementsWait();
    }

    /// <summary>Gives back everything that is held. The caller has closed it.</summary>
    public void Release(Reservation reservation)
    {
        lock (_gate)
        {
            Unlink(reservation);
            for (var index = 0; index < reservation.LeaseCount; index++)
            {
                var lease = reservation[index];
                if (!reservation.IsPast(lease))
                    GiveBack(lease, reservation.Held.Of(lease.Unit));
            }
        }
    }

    /// <summary>
    /// Gives back what reservations hold of sliding windows that have passed since they were made: a request counts in the window in which it began, so a
    /// long answer does not hold a permit of a later minute.
    /// </summary>
    public void LetWindowsPass(long timestamp)
    {
        lock (_gate)
        {
            for (; _firstInSecond is { } reservation && timestamp - reservation.ReservedAt > _second; _firstInSecond = reservation.Next)
            {
                GiveBack(reservation, LimitWindow.Second);
                reservation.IsPastSecond = true;
            }

            for (; _firstInMinute is { } reservation && timestamp - reservation.ReservedAt > _minute; _firstInMinute = reservation.Next)
            {
                GiveBack(reservation, LimitWindow.Minute);
                reservation.IsPastMinute = true;
            }
        }
    }

    /// <summary>Open reservations made up to a moment, oldest first.</summary>
    public List<Reservation> OpenedBefore(long timestamp)
    {
        var found = new List<Reservation>();
        lock (_gate)
        {
            for (var next = _oldest; next is not null && next.ReservedAt <= timestamp; next = next.Next)
                found.Add(next);
        }

        return found;
    }

    /// <summary>Lets no reservation open any more.</summary>
    public void Close()
    {
        lock (_gate)
            _isClosed = true;
    }

    /// <summary>Takes settled reservations out of the line, oldest first, up to the capacity of <paramref name="batch"/>.</summary>
    public void TakeSettled(List<Reservation> batch)
    {
        lock (_gate)
        {
            Volatile.Write(ref _writingSince, _waitingSince);
            while (_firstSettled is { } next && batch.Count < batch.Capacity)
            {
                batch.Add(next);
                _waiting--;
                if (_copiedTo == next)
                    _copiedTo = null;
                _firstSettled = next.Next;
                next.Next = null;
            }

            if (_firstSettled is null)
                _lastSettled = null;
            Volatile.Write(ref _waitingSince, _firstSettled is null ? 0 : time.GetTimestamp());
        }
    }

    /// <summary>Copies those in line that were not copied before, oldest first, up to the capacity of <paramref name="copies"/>. They stay in line.</summary>
    public void CopySettled(List<Reservation> copies)
    {
        lock (_gate)
        {
            for (var next = _copiedTo is null ? _firstSettled : _copiedTo.Next; next is not null && copies.Count < copies.Capacity; next = next.Next)
            {
                copies.Add(next);
                _copiedTo = next;
            }
        }
    }

    /// <summary>As many as were taken are durable now.</summary>
    public void MarkWritten(int count)
    {
        lock (_gate)
        {
            _unwritten -= count;
            _written += count;
            Volatile.Write(ref _writingSince, 0);
        }
    }

    /// <summary>How many were settled ever, and how many of them are written: in between lies what waits.</summary>
    public (long Settled, long Written) Progress()
    {
        lock (_gate)
            return (_settled, _written);
    }

    private static long Ticks(TimeProvider time, LimitWindow window) =>
        (WindowClock.LengthMs(window) + WindowClock.BucketMs(window)) * time.TimestampFrequency / 1_000;

    private static void GiveBack(Reservation reservation, LimitWindow window)
    {
        for (var index = 0; index < reservation.LeaseCount; index++)
        {
            var lease = reservation[index];
            if (lease.Window == window)
                GiveBack(lease, reservation.Held.Of(lease.Unit));
        }
    }

    private static void GiveBack(Lease lease, long held)
    {
        lease.Held -= held;
        lease.Give(held);
    }

    private static void Replace(Reservation reservation, int index, Demand actual)
    {
        var lease = reservation[index];
        if (reservation.IsPast(lease))
            return;
        var held = reservation.Held.Of(lease.Unit);
        var used = lease.Unit == LimitUnit.Concurrent ? 0 : actual.Of(lease.Unit);
        lease.Held -= held;
        if (used <= held)
        {
            lease.Give(held - used);
            return;
        }

        // More than was held: first from what is free here; the rest is for the limit itself to bear.
        var excess = used - held - lease.TakeUpTo(used - held);
        if (excess == 0)
            return;
        reservation.Excess ??= new long[reservation.LeaseCount];
        reservation.Excess[index] = excess;
        Interlocked.Increment(ref lease.Slot.UnwrittenExcess);
    }

    private void Unlink(Reservation reservation)
    {
        _open--;
        if (_firstInMinute == reservation)
            _firstInMinute = reservation.Next;
        if (_firstInSecond == reservation)
            _firstInSecond = reservation.Next;
        if (reservation.Previous is null)
            _oldest = reservation.Next;
        else
            reservation.Previous.Next = reservation.Next;
        if (reservation.Next is null)
            _newest = reservation.Previous;
        else
            reservation.Next.Previous = reservation.Previous;
        reservation.Previous = null;
        reservation.Next = null;
    }
}
