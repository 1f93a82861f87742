namespace CredentialProxy.Core.Storage;

/// <summary>What an account used of one unit in one instance of a window; see <see cref="Limits.CounterInstance"/>.</summary>
public sealed class CounterRow
{
    /// <summary>Number, given when the counter is first seen.</summary>
    public long Id { get; set; }

    /// <summary>The account.</summary>
    public required string Account { get; set; }

    /// <summary>The <see cref="Limits.LimitUnit"/>.</summary>
    public int Unit { get; set; }

    /// <summary>The <see cref="Limits.LimitWindow"/>.</summary>
    public int Window { get; set; }

    /// <summary>First moment of the window, Unix milliseconds; 0 for a lifetime.</summary>
    public long WindowStart { get; set; }

    /// <summary>Spent for good.</summary>
    public long Spent { get; set; }

    /// <summary>Sum of the open leases.</summary>
    public long Leased { get; set; }

    /// <summary>Reported by providers beyond what the limit had left; never charged.</summary>
    public long Overrun { get; set; }
}
