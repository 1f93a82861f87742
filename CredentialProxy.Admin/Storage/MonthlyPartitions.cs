using System.Globalization;
using CredentialProxy.Admin.Auditing;
using Npgsql;

namespace CredentialProxy.Admin.Storage;

/// <summary>The partitions of a table, one for each calendar month, UTC.</summary>
/// <param name="table">The table, partitioned by Unix milliseconds.</param>
internal sealed class MonthlyPartitions(string table)
{
    /// <summary>Those of the usage records.</summary>
    public static readonly MonthlyPartitions OfRecords = new("usage");

    /// <summary>Those of usage by hour.</summary>
    public static readonly MonthlyPartitions OfHours = new("usage_hours");

    /// <summary>Those of usage by hour, tokens alone told apart.</summary>
    public static readonly MonthlyPartitions OfTokenHours = new("usage_token_hours");

    /// <summary>Those of usage by hour, tokens told apart no longer.</summary>
    public static readonly MonthlyPartitions OfProjectHours = new("usage_project_hours");

    /// <summary>Those of usage by hour, neither tokens nor projects told apart.</summary>
    public static readonly MonthlyPartitions OfModelHours = new("usage_model_hours");

    /// <summary>All that hold sums.</summary>
    public static readonly IReadOnlyList<MonthlyPartitions> OfSums = [OfHours, OfTokenHours, OfProjectHours, OfModelHours];

    /// <summary>The table, partitioned by Unix milliseconds.</summary>
    public string Table => table;

    /// <summary>Creates what is missing for records of these months and for their sums.</summary>
    public static async Task MakeRoomAsync(NpgsqlConnection connection, IReadOnlyCollection<Month> months, CancellationToken cancellationToken)
    {
        foreach (var partitions in OfSums.Prepend(OfRecords))
        {
            await partitions.CreateAsync(connection, months, cancellationToken);
        }
    }

    /// <summary>Creates what is missing. Readers and writers of other partitions go on meanwhile.</summary>
    public async Task CreateAsync(NpgsqlConnection connection, IEnumerable<Month> months, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await AdvisoryLocks.Partitions.TakeAsync(connection, cancellationToken);
        foreach (var month in months.Except(await ListAsync(connection, cancellationToken)))
        {
            // Created apart and attached then: created as a partition it would lock the whole table, readers included.
            await using var command = new NpgsqlCommand($"""
                CREATE TABLE "{NameOf(month)}" (LIKE "{table}" INCLUDING ALL);
                ALTER TABLE "{table}" ATTACH PARTITION "{NameOf(month)}" FOR VALUES FROM ({month.StartMs}) TO ({month.Next.StartMs});
                """, connection);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Drops one, and notes that what lay before its end is gone; false when somebody else has dropped it meanwhile. Gives up, to be called again, when a long read is in the way.</summary>
    public async Task<bool> DropAsync(NpgsqlConnection connection, Month month, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await AdvisoryLocks.Partitions.TakeAsync(connection, cancellationToken);
        if (!(await ListAsync(connection, cancellationToken)).Contains(month))
        {
            return false;
        }
        // Whoever waits for this lock makes all others wait behind it, so it does not wait for long.
        await using var drop = new NpgsqlCommand($"""SET LOCAL lock_timeout = '3s'; DROP TABLE "{NameOf(month)}" """, connection);
        await drop.ExecuteNonQueryAsync(cancellationToken);
        await NoteAsync(connection, month.Next.StartMs.ToString(CultureInfo.InvariantCulture), cancellationToken);
        var (from, to) = (DateTimeOffset.FromUnixTimeMilliseconds(month.StartMs), DateTimeOffset.FromUnixTimeMilliseconds(month.Next.StartMs));
        await connection.NoteAsync(AuditTrail.System, now, "usage.drop", table, new { from, to }, null, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    /// <summary>The months that have one, in their order.</summary>
    public async Task<IReadOnlyList<Month>> ListAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"""
            SELECT partition.relname FROM pg_inherits JOIN pg_class AS partition ON partition.oid = inhrelid WHERE inhparent = '"{table}"'::regclass ORDER BY 1
            """, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var months = new List<Month>();
        while (await reader.ReadAsync(cancellationToken))
        {
            months.Add(Month.Parse(reader.GetString(0)[(table.Length + 1)..]));
        }
        return months;
    }

    /// <summary>Name of the setting that holds the first moment that was never dropped, Unix milliseconds.</summary>
    public string KeptFromName => table + "-kept-from";

    private async Task NoteAsync(NpgsqlConnection connection, string keptFromMs, CancellationToken cancellationToken)
    {
        await using var note = new NpgsqlCommand("""
            INSERT INTO settings AS kept ("Name", "Value") VALUES ($1, $2)
            ON CONFLICT ("Name") DO UPDATE SET "Value" = greatest(kept."Value"::bigint, excluded."Value"::bigint)::text
            """, connection)
        {
            Parameters = { new() { Value = KeptFromName }, new() { Value = keptFromMs } },
        };
        await note.ExecuteNonQueryAsync(cancellationToken);
    }

    private string NameOf(Month month) => $"{table}_{month}";
}
