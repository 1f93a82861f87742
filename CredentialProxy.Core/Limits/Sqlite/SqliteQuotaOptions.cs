using System.ComponentModel.DataAnnotations;

namespace CredentialProxy.Core.Limits.Sqlite;

/// <summary>Settings of the embedded accounts.</summary>
public sealed record SqliteQuotaOptions
{
    /// <summary>Path of the database file, already migrated. One process at a time may use it: leases that it finds of others are of runs that have ended.</summary>
    [Required]
    public required string DatabasePath { get; init; }

    /// <summary>How long a write waits for another one on the same file before the accounts count as unavailable.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromSeconds(2);
}
