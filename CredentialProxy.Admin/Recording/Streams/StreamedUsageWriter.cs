using CredentialProxy.Core.Limits.Redis.Entries;
using Npgsql;
using NpgsqlTypes;

namespace CredentialProxy.Admin.Recording.Streams;

/// <summary>Writes what came out of the stream, all of a batch or nothing: the records and sums of usage, what was spent of each counter, how far gateways have come, when tokens were last used.</summary>
internal sealed class StreamedUsageWriter(PostgresUsageWriter usage, TimeProvider time)
{
    /// <summary>Writes a batch, and answers how many of its records were new. When it completes they are durable.</summary>
    public Task<int> WriteAsync(StreamedBatch batch, CancellationToken cancellationToken) =>
        usage.WriteAsync(batch.Records, (connection, stop) => KeepAsync(connection, batch, stop), cancellationToken);

    private async Task KeepAsync(NpgsqlConnection connection, StreamedBatch batch, CancellationToken cancellationToken)
    {
        var nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        await StageAsync(connection, batch, cancellationToken);
        await using var keep = new NpgsqlBatch(connection);
        keep.BatchCommands.Add(new NpgsqlBatchCommand(StreamedSql.SumCounters) { Parameters = { new() { Value = nowMs } } });
        var (marks, uses) = (batch.Marks.ToList(), batch.Uses.ToList());
        keep.BatchCommands.Add(new NpgsqlBatchCommand(StreamedSql.KeepMarks)
        {
            Parameters = { new() { Value = marks.Select(mark => PostgresText.Clean(mark.Instance)).ToArray() }, new() { Value = marks.Select(mark => mark.Mark).ToArray() }, new() { Value = marks.Select(mark => mark.SeenMs).ToArray() } },
        });
        keep.BatchCommands.Add(new NpgsqlBatchCommand(StreamedSql.KeepUses)
        {
            Parameters = { new() { Value = uses.Select(use => PostgresText.Clean(use.TokenId)).ToArray() }, new() { Value = uses.Select(use => use.TimeMs).ToArray() } },
        });
        await keep.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task StageAsync(NpgsqlConnection connection, StreamedBatch batch, CancellationToken cancellationToken)
    {
        await using (var stage = new NpgsqlCommand(StreamedSql.Stage, connection))
        {
            await stage.ExecuteNonQueryAsync(cancellationToken);
        }
        await using var copy = await connection.BeginBinaryImportAsync(StreamedSql.Copy, cancellationToken);
        foreach (var (requestId, charge) in batch.Charges)
        {
            await WriteAsync(copy, requestId, false, charge, cancellationToken);
        }
        foreach (var lease in batch.Leases)
        {
            await WriteAsync(copy, lease.Id, true, lease.Charge, cancellationToken);
        }
        foreach (var reset in batch.Resets)
        {
            await WriteAsync(copy, reset.Id, true, new CounterCharge(reset.Counter, -reset.Spent, 0), cancellationToken);
        }
        await copy.CompleteAsync(cancellationToken);
    }

    private static async Task WriteAsync(NpgsqlBinaryImporter copy, string cause, bool countsOnce, CounterCharge charge, CancellationToken cancellationToken)
    {
        var key = charge.Counter.Key;
        await copy.StartRowAsync(cancellationToken);
        await copy.WriteAsync(PostgresText.Clean(cause), NpgsqlDbType.Text, cancellationToken);
        await copy.WriteAsync(countsOnce, NpgsqlDbType.Boolean, cancellationToken);
        await copy.WriteAsync(PostgresText.Clean(key.Account.Value), NpgsqlDbType.Text, cancellationToken);
        await copy.WriteAsync((int)key.Unit, NpgsqlDbType.Integer, cancellationToken);
        await copy.WriteAsync((int)key.Window, NpgsqlDbType.Integer, cancellationToken);
        await copy.WriteAsync(charge.Counter.Start, NpgsqlDbType.Bigint, cancellationToken);
        await copy.WriteAsync(charge.Spent, NpgsqlDbType.Bigint, cancellationToken);
        await copy.WriteAsync(charge.Overrun, NpgsqlDbType.Bigint, cancellationToken);
    }
}
