using CredentialProxy.Core.Usage;

namespace CredentialProxy.Core.Limits;

/// <summary>Whoever reserves: says what a request was when the ledger has to close it, because it stayed open for too long or the process stops.</summary>
public interface IReservationOwner
{
    /// <summary>Whether the request is over, so that nobody will settle what it still holds. May be called on any thread at any time.</summary>
    bool HasEnded => false;

    /// <summary>
    /// The record of the request charged at <paramref name="charged"/>, with <see cref="UsageMarks.ChargedAtReservation"/>. May be called on any thread at any
    /// time after the reservation was asked for, beside the request itself, and must not block or throw.
    /// </summary>
    /// <param name="charged">The full amount that was reserved.</param>
    /// <param name="time">When it is settled.</param>
    UsageRecord RecordAtReservation(Demand charged, DateTimeOffset time);
}
