using CredentialProxy.Admin.Storage;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Limits.Redis.Entries;
using Npgsql;

namespace CredentialProxy.Admin.Rebuilding;

/// <summary>What Postgres knows of accounts in Redis: what each counter has spent, how far each gateway has come, and the epoch they are in.</summary>
internal sealed class SpentCounters(NpgsqlDataSource postgres)
{
    private const string EpochName = "accounts-epoch";

    // Longer than an entry that tells of a closed lease may wait in the stream.
    private static readonly TimeSpan KeepNotes = TimeSpan.FromDays(90);

    /// <summary>Holds the lock of rebuilding until it is disposed; null when somebody else has it.</summary>
    public Task<IAsyncDisposable?> TryLockAsync(CancellationToken cancellationToken) => AdvisoryLocks.Rebuilding.TryHoldAsync(postgres, cancellationToken);

    /// <summary>Forgets counters whose window is, and what was noted of gateways so long ago that nothing of it can come again.</summary>
    public async Task ForgetAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var batch = postgres.CreateBatch();
        foreach (var window in Enum.GetValues<LimitWindow>())
        {
            if (WindowClock.ForgottenBefore(window, now.ToUnixTimeMilliseconds()) is { } before)
            {
                batch.BatchCommands.Add(new NpgsqlBatchCommand("DELETE FROM counters WHERE \"Window\" = $1 AND \"WindowStart\" < $2") { Parameters = { new() { Value = (int)window }, new() { Value = before } } });
            }
        }
        foreach (var sql in new[] { "DELETE FROM closed_leases WHERE \"ClosedAt\" < $1", "DELETE FROM gateway_marks WHERE \"SeenAt\" < $1" })
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(sql) { Parameters = { new() { Value = (now - KeepNotes).ToUnixTimeMilliseconds() } } });
        }
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The epoch in which it last knew the accounts; empty for none.</summary>
    public async Task<string> EpochAsync(CancellationToken cancellationToken)
    {
        await using var command = postgres.CreateCommand("SELECT \"Value\" FROM settings WHERE \"Name\" = $1");
        command.Parameters.Add(new() { Value = EpochName });
        return await command.ExecuteScalarAsync(cancellationToken) as string ?? "";
    }

    /// <summary>Takes note of a new epoch, in which gateways begin to count anew.</summary>
    public async Task BeginAsync(string epoch, CancellationToken cancellationToken)
    {
        await using var batch = postgres.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand("INSERT INTO settings (\"Name\", \"Value\") VALUES ($1, $2) ON CONFLICT (\"Name\") DO UPDATE SET \"Value\" = excluded.\"Value\"")
        {
            Parameters = { new() { Value = EpochName }, new() { Value = epoch } },
        });
        batch.BatchCommands.Add(new NpgsqlBatchCommand("DELETE FROM gateway_marks"));
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The mark of each gateway that was heard of since.</summary>
    public async Task<IReadOnlyList<(string Instance, long Mark)>> MarksAsync(DateTimeOffset since, CancellationToken cancellationToken)
    {
        await using var command = postgres.CreateCommand("SELECT \"Instance\", \"Mark\" FROM gateway_marks WHERE \"SeenAt\" >= $1");
        command.Parameters.Add(new() { Value = since.ToUnixTimeMilliseconds() });
        return await ReadAsync(command, reader => (reader.GetString(0), reader.GetInt64(1)), cancellationToken);
    }

    /// <summary>What is spent of each counter whose window is not forgotten.</summary>
    public async Task<IReadOnlyList<CounterCharge>> ReadAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var command = postgres.CreateCommand("SELECT \"Account\", \"Unit\", \"Window\", \"WindowStart\", \"Spent\", \"Overrun\" FROM counters");
        var counters = await ReadAsync(
            command,
            reader => new CounterCharge(
                new CounterInstance(new CounterKey(new AccountId(reader.GetString(0)), (LimitUnit)reader.GetInt32(1), (LimitWindow)reader.GetInt32(2)), reader.GetInt64(3)),
                Limit.Bound(reader.GetInt64(4)), Limit.Bound(reader.GetInt64(5))),
            cancellationToken);
        return [.. counters.Where(charge => !(WindowClock.ForgottenBefore(charge.Counter.Key.Window, now.ToUnixTimeMilliseconds()) > charge.Counter.Start))];
    }

    private static async Task<List<T>> ReadAsync<T>(NpgsqlCommand command, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        var rows = new List<T>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(read(reader));
        }
        return rows;
    }
}
