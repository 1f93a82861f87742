using CredentialProxy.Core.Usage;

namespace CredentialProxy.Core.Limits;

/// <summary>Names one running total: what an account used of one unit in one kind of window.</summary>
/// <param name="Account">The account.</param>
/// <param name="Unit">The unit.</param>
/// <param name="Window">The kind of window.</param>
public readonly record struct CounterKey(AccountId Account, LimitUnit Unit, LimitWindow Window)
{
    /// <summary>Whether it counts what goes on at present, which is places and sliding windows: what was leased of it long ago and not used is worth nothing any more.</summary>
    public bool IsOfTheMoment => Unit == LimitUnit.Concurrent || WindowClock.IsSliding(Window);
}

/// <summary>
/// Names the part of a counter that one instance of its window holds: <see cref="Start"/> is the window's first moment in Unix milliseconds
/// (0 for a lifetime). A sliding window is kept as buckets, each an instance of its own: what is spent belongs to the bucket in which it was
/// reserved; a lease belongs to none, it may be spent in any bucket and so counts in every window while it is out.
/// </summary>
/// <param name="Key">The counter.</param>
/// <param name="Start">First moment of the window or bucket, Unix milliseconds, UTC; see <see cref="WindowClock"/>.</param>
public readonly record struct CounterInstance(CounterKey Key, long Start);

/// <summary>Asks the authority for a slice of a limit.</summary>
/// <param name="Counter">The counter and window to lease from; for a sliding window its present bucket.</param>
/// <param name="Limit">The limit the slice must fit under, together with all that is spent and leased of the counter in its window.</param>
/// <param name="Need">The least that helps; granted whole or not at all.</param>
/// <param name="Want">What would serve the requests to come, at least <paramref name="Need"/>; see <see cref="LeaseRules.Grant"/>.</param>
public readonly record struct LeaseRequest(CounterInstance Counter, long Limit, long Need, long Want);

/// <summary>The authority's answer to a <see cref="LeaseRequest"/>.</summary>
/// <param name="Granted">What the holder may spend alone; 0 when the need did not fit.</param>
/// <param name="Spent">Spent in the window, after this answer.</param>
/// <param name="Leased">Leased out in the window to all holders, after this answer.</param>
/// <param name="FreesAt">
/// When the need was refused in a sliding window: the Unix millisecond at which enough of what is spent has left the window for the need to fit
/// beside today's leases; 0 where time alone does not make room, or for any other window.
/// </param>
public readonly record struct LeaseAnswer(long Granted, long Spent, long Leased, long FreesAt = 0);

/// <summary>An amount charged to or returned by a lease.</summary>
/// <param name="Counter">The counter and window.</param>
/// <param name="Limit">The limit that the lease was taken under.</param>
/// <param name="Amount">At least 0.</param>
public readonly record struct LeaseAmount(CounterInstance Counter, long Limit, long Amount);

/// <summary>One settled request: its record and what it charged. The authority applies both or neither, once for each request id.</summary>
/// <param name="Record">The usage record.</param>
/// <param name="Charges">What it charged to leases of the holder.</param>
/// <param name="Excess">
/// What a provider reported beyond everything the holder had leased and not promised to other requests; charged to the limit itself. Told apart
/// from <paramref name="Charges"/> so that an excess never eats the lease under another request, and so that holder and authority always agree on what a lease
/// still holds.
/// </param>
public sealed record Settlement(UsageRecord Record, LeaseAmount[] Charges, LeaseAmount[] Excess);

/// <summary>What is spent and leased of a counter in its present window.</summary>
/// <param name="Spent">Spent for good.</param>
/// <param name="Leased">Held by gateways: reserved by open requests or kept ahead of need.</param>
public readonly record struct CounterState(long Spent, long Leased);

/// <summary>
/// The single, durable truth about accounts: for every counter, what is spent plus what is leased never exceeds the limit. One ledger (a
/// holder) takes leases, spends from them without asking, and reports. Every method is atomic, durable when it completes, and throws
/// <see cref="QuotaAuthorityUnavailableException"/> when the accounts can't be written.
/// </summary>
public interface IQuotaAuthority
{
    /// <summary>
    /// The authority has taken this holder for dead, and has learned better. What it had leased until then counts as spent already, and it may go on spending it, save what
    /// <see cref="CounterKey.IsOfTheMoment"/>: that may be somebody else's by now. Raised on any thread, before anything is leased to it anew.
    /// </summary>
    event EventHandler? Expired;

    /// <summary>
    /// Gives back <paramref name="returns"/>, then grants or refuses each request of <paramref name="requests"/> by itself, in order. A call that fails has
    /// changed nothing: an implementation that can't know asks again under the same number until it does. A call with neither proves that the
    /// accounts can be written.
    /// </summary>
    ValueTask<LeaseAnswer[]> LeaseAsync(ReadOnlyMemory<LeaseAmount> returns, ReadOnlyMemory<LeaseRequest> requests, CancellationToken cancellationToken);

    /// <summary>
    /// Records settlements and turns what they charge from leased into spent; a request id already known changes nothing, so a call may be repeated.
    /// An excess, and a charge beyond its lease, is taken from what the limit has left; what not even that covers is kept as overrun, never as spent.
    /// </summary>
    ValueTask SettleAsync(IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken);

    /// <summary>Reads counters in their present windows.</summary>
    ValueTask<CounterState[]> ReadAsync(IReadOnlyList<CounterKey> counters, CancellationToken cancellationToken);

    /// <summary>
    /// Forgets what is spent of a counter in its present window, which must be a lifetime or a calendar's. What is leased stays: it counts against the limit as before, and is spent when it is
    /// settled. May be repeated.
    /// </summary>
    ValueTask ResetAsync(CounterKey counter, CancellationToken cancellationToken);
}

/// <summary>The accounts can't be written; requests must be refused until they can.</summary>
public sealed class QuotaAuthorityUnavailableException : Exception
{
    /// <summary>Creates it without a message.</summary>
    public QuotaAuthorityUnavailableException()
    {
    }

    /// <summary>Creates it with what failed.</summary>
    public QuotaAuthorityUnavailableException(string message)
        : base(message)
    {
    }

    /// <summary>Creates it with what failed and why.</summary>
    public QuotaAuthorityUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
