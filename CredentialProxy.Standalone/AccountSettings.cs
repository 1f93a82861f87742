using System.ComponentModel.DataAnnotations;
using CredentialProxy.Core.Limits.Sqlite;

namespace CredentialProxy.Standalone;

/// <summary>Settings of the embedded accounts, at <c>Accounts</c>.</summary>
internal sealed class AccountSettings
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Accounts";

    /// <summary>How long a write waits for another one on the same file before the accounts count as unavailable.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan BusyTimeout { get; set; } = TimeSpan.FromSeconds(2);

    public SqliteQuotaOptions At(string databasePath) => new() { DatabasePath = databasePath, BusyTimeout = BusyTimeout };
}
