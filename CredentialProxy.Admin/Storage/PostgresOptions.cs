using System.ComponentModel.DataAnnotations;

namespace CredentialProxy.Admin.Storage;

/// <summary>How long the control plane waits for its database, at <c>Postgres</c>.</summary>
internal sealed class PostgresOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Postgres";

    /// <summary>How long a start waits for a server that can't be reached yet.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "01:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan WaitForServer { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a migration waits for another one that is under way.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "1.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan WaitForMigration { get; init; } = TimeSpan.FromMinutes(10);
}
