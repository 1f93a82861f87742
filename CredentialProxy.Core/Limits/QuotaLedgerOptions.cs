using System.ComponentModel.DataAnnotations;

namespace CredentialProxy.Core.Limits;

/// <summary>Settings of a gateway's ledger, at <c>Ledger</c>.</summary>
public sealed record QuotaLedgerOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Ledger";

    /// <summary>
    /// The part of a limit that is kept ahead of need at most, and so, besides what requests under way hold, or held within the last two
    /// <see cref="IdleReturn"/>, the most that a crash costs a token. At 0 every request is leased by itself.
    /// </summary>
    [Range(0.0, 0.5)]
    public double LeaseShare { get; init; } = 1.0 / 16;

    /// <summary>The part of a lease's usual size under which the next one is asked for in the background; 0 for never.</summary>
    [Range(0.0, 0.9)]
    public double LowWater { get; init; } = 0.25;

    /// <summary>Leases are sized so that a busy counter needs a new one about this often.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan LeaseFor { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Settlements are written at once when none were just before or <see cref="MaxBatch"/> of them wait, otherwise together at most this often.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:00.050", ParseLimitsInInvariantCulture = true)]
    public TimeSpan FlushInterval { get; init; } = TimeSpan.FromMilliseconds(25);

    /// <summary>A reservation that is open this long is settled at its full amount.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan ReservationLifetime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>
    /// What is leased of a counter that was not used for this long is given back, and of one in use what goes beyond <see cref="LeaseShare"/> and was not
    /// needed for this long.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan IdleReturn { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A counter that was not used for this long and of which nothing is leased is forgotten.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan ForgetAfter { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Counters kept in memory (about 300 bytes each); while all are in use, requests on further ones are refused as unavailable.</summary>
    [Range(1, 10_000_000)]
    public int MaxCounters { get; init; } = 100_000;

    /// <summary>Reservations that are open or settled and not yet written; beyond, requests are refused as unavailable.</summary>
    [Range(1, 10_000_000)]
    public int MaxQueuedSettlements { get; init; } = 50_000;

    /// <summary>Settlements handed to the authority in one call.</summary>
    [Range(1, 100_000)]
    public int MaxBatch { get; init; } = 4_096;

    /// <summary>
    /// How long requests that fit into leases already held are let through after the authority has failed. Not at all by default: an embedded store that
    /// can't be written is no passing fault.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan OutageTolerance { get; init; } = TimeSpan.Zero;

    /// <summary>
    /// Requests are refused as unavailable while a settlement waits longer than this to be written, a disk that hangs included, and when they have waited
    /// this long for a lease.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan MaxSettleDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>First pause before a failed authority is asked again; doubles up to <see cref="MaxRetryDelay"/>.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:10", ParseLimitsInInvariantCulture = true)]
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest pause before a failed authority is asked again.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Throws a <see cref="ValidationException"/> that names the first setting out of its range.</summary>
    public void Validate() => Validator.ValidateObject(this, new ValidationContext(this), validateAllProperties: true);
}
