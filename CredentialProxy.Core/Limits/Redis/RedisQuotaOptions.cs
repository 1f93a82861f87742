using System.ComponentModel.DataAnnotations;

namespace CredentialProxy.Core.Limits.Redis;

/// <summary>Settings of accounts in Redis, at <c>Redis</c>. Every gateway on the same accounts, and the control plane, has the same.</summary>
public sealed record RedisQuotaOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Redis";

    /// <summary>First part of every key, so that two installations can share a Redis.</summary>
    [RegularExpression("^[A-Za-z0-9_-]{1,64}$")]
    public string Name { get; init; } = "cp";

    /// <summary>
    /// A gateway that has not been heard of for this long counts as dead, and all that it has leased as spent. One that was only cut off loses nothing by it:
    /// it goes on spending what counts as spent already.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan HolderLifetime { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How long answers to calls, marks of gateways and leases of dead ones are remembered. It must be longer than any time for which a gateway may be away and come back.
    /// </summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan RememberFor { get; init; } = TimeSpan.FromDays(1);

    /// <summary>
    /// How long ids of settled requests are remembered, each in about 90 bytes of Redis' memory. A request settled again later than this is charged again, within its limit, though it is recorded once; so it
    /// must be longer than any outage through which a gateway keeps what it settled.
    /// </summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan RememberRequestsFor { get; init; } = TimeSpan.FromHours(2);

    /// <summary>
    /// The most that the clock of a gateway may differ from that of Redis. So much earlier or later may a calendar window begin for it; beyond, the
    /// accounts count as unavailable to it.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan MaxClockSkew { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Whether a gateway may begin with empty accounts where Redis has none. Not where a control plane keeps usage in Postgres: it puts back what was spent first.
    /// </summary>
    public bool BeginsEmpty { get; init; }

    /// <summary>
    /// Whether a Redis that appends to no file (<c>appendonly no</c>), or to one that nobody puts on the disk (<c>appendfsync no</c>), is refused. Without that file a restart forgets what was spent, and each limit may be exceeded by what is forgotten.
    /// </summary>
    public bool RequiresAppendOnly { get; init; } = true;

    /// <summary>
    /// Settled requests that a gateway keeps until Postgres has them, about a kilobyte each, to write them again should Redis forget them. Of more the oldest are let go of, which
    /// the log says: they are lost if Redis loses them before Postgres has them.
    /// </summary>
    [Range(0, 1_000_000)]
    public int MaxKeptSettlements { get; init; } = 50_000;

    /// <summary>
    /// The most bytes that the journal of a gateway may take up in its data directory: what it settled and Redis could not take, about a kilobyte for each request. What is more is in memory alone.
    /// </summary>
    [Range(1L << 20, 1L << 40)]
    public long MaxJournalBytes { get; init; } = 256L << 20;

    /// <summary>First pause before a call whose outcome isn't known is asked again; doubles up to a second.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:01", ParseLimitsInInvariantCulture = true)]
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>How long a call for leases waits for the one before it; then the accounts count as unavailable.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan MaxWait { get; init; } = TimeSpan.FromSeconds(1);
}
