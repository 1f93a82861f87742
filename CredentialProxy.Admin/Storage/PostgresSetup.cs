using Npgsql;

namespace CredentialProxy.Admin.Storage;

/// <summary>How a Postgres has to be set up to keep what is taken out of Redis once it was written.</summary>
internal static partial class PostgresSetup
{
    /// <summary>The oldest major version that has what the schema uses.</summary>
    public const int OldestMajor = 15;

    // What is off in them may be lost when the server, or its machine, fails: https://www.postgresql.org/docs/current/runtime-config-wal.html
    private const string OffCommand = "SELECT name FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off' ORDER BY name";

    /// <summary>Whether it lacks what the schema uses.</summary>
    public static bool IsTooOld(Version version) => version.Major < OldestMajor;

    /// <summary>Warns of settings by which it may lose what it has said to have written.</summary>
    /// <exception cref="NpgsqlException">It can't be asked.</exception>
    public static async Task WarnAsync(NpgsqlConnection connection, ILogger logger, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(OffCommand, connection);
        await using var off = await command.ExecuteReaderAsync(cancellationToken);
        while (await off.ReadAsync(cancellationToken))
        {
            Log.MayLose(logger, off.GetString(0));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(6011, LogLevel.Warning, "Postgres has {Setting} off: when it fails it may lose usage that Redis has let go of, and spent budget with it. Set it on")]
        public static partial void MayLose(ILogger logger, string setting);
    }
}
