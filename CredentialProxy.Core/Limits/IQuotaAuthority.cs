using CredentialProxy.Core.Usage;

namespace CredentialProxy.Core.Limits;

/// <summary>Names one running total: what an account used of one unit in one kind of window.</summary>
/// <param name="Account">The account.</param>
/// <param name="Unit">The unit.</param>
/// <param name="Window">The kind of window.</param>
public readonly record struct CounterKey(AccountId Account, LimitUnit Unit, LimitWindow Window);

/// <summary>
/// Names the part of a counter that one instance of its window holds: <see cref="Start"/> is the window's first moment in Unix milliseconds
/// (0 for a lifetime). A sliding window is kept as buckets, each an instance of its own.
/// </summary>
/// <param name="Key">The counter.</param>
/// <param name="Start">First moment of the window or bucket, Unix milliseconds, UTC.</param>
public readonly record struct CounterInstance(CounterKey Key, long Start);

/// <summary>Asks the authority for a slice of a limit.</summary>
/// <param name="Counter">The counter and window to lease from.</param>
/// <param name="Limit">The limit the slice must fit under, together with all that is spent and leased of the counter in its window.</param>
/// <param name="Need">The least that helps; granted whole or not at all.</param>
/// <param name="Want">What would serve the requests to come, at least <paramref name="Need"/>.</param>
public readonly record struct LeaseRequest(CounterInstance Counter, long Limit, long Need, long Want);

/// <summary>The authority's answer to a <see cref="LeaseRequest"/>.</summary>
/// <param name="Granted">What the holder may spend alone; 0 when the need did not fit.</param>
/// <param name="Spent">Spent in the window, after this answer.</param>
/// <param name="Leased">Leased out in the window to all holders, after this answer.</param>
public readonly record struct LeaseAnswer(long Granted, long Spent, long Leased);

/// <summary>An amount charged to or returned by a lease.</summary>
/// <param name="Counter">The counter and window.</param>
/// <param name="Limit">The limit that the lease was taken under.</param>
/// <param name="Amount">At least 0.</param>
public readonly record struct LeaseAmount(CounterInstance Counter, long Limit, long Amount);

/// <summary>One settled request: its record and what it charged. The authority applies both or neither, once for each request id.</summary>
/// <param name="Record">The usage record.</param>
/// <param name="Charges">What it charged, per lease.</param>
public sealed record Settlement(UsageRecord Record, LeaseAmount[] Charges);

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
    /// <summary>Gives back <paramref name="returns"/>, then grants or refuses each request of <paramref name="requests"/> by itself, in order.</summary>
    ValueTask<LeaseAnswer[]> LeaseAsync(ReadOnlyMemory<LeaseAmount> returns, ReadOnlyMemory<LeaseRequest> requests, CancellationToken cancellationToken);

    /// <summary>
    /// Records settlements and turns what they charge from leased into spent; a request id already known changes nothing. A charge beyond the
    /// lease is taken from what the limit has left; what not even that covers is kept as overrun, never as spent.
    /// </summary>
    ValueTask SettleAsync(IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken);

    /// <summary>Reads counters in their present windows.</summary>
    ValueTask<CounterState[]> ReadAsync(IReadOnlyList<CounterKey> counters, CancellationToken cancellationToken);
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
