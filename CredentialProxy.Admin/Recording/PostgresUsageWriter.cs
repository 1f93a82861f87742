using System.Collections.Concurrent;
using CredentialProxy.Admin.Storage;
using CredentialProxy.Core.Usage;
using Npgsql;

namespace CredentialProxy.Admin.Recording;

/// <summary>
/// Writes usage records in bulk. Each request counts once, however often its record comes and from however many writers at once; a batch and the sums that it belongs to are kept
/// together or not at all.
/// </summary>
internal sealed class PostgresUsageWriter(NpgsqlDataSource postgres)
{
    // A request lives for a day at most (GatewayOptions.RequestTimeoutSeconds), so two records of one that tell different times lie no further apart.
    private static readonly long ReachMs = (long)TimeSpan.FromDays(2).TotalMilliseconds;

    private readonly ConcurrentDictionary<Month, bool> _ready = new();

    /// <summary>Keeps those that are not kept yet, and answers how many. When it completes they are durable.</summary>
    public Task<int> WriteAsync(IEnumerable<UsageRecord> records, CancellationToken cancellationToken) => WriteAsync(records, static (_, _) => Task.CompletedTask, cancellationToken);

    /// <summary>Does the same, and in the same transaction something else, which finds those that were new in <c>staged_records</c>.</summary>
    public async Task<int> WriteAsync(IEnumerable<UsageRecord> records, Func<NpgsqlConnection, CancellationToken, Task> with, CancellationToken cancellationToken)
    {
        IReadOnlyList<StagedUsage> batch = [.. records.DistinctBy(record => record.RequestId).Select(StagedUsage.Of)];
        await using var connection = await postgres.OpenConnectionAsync(cancellationToken);
        await MakeRoomAsync(connection, batch, cancellationToken);
        try
        {
            return await WriteAsync(connection, batch, with, cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.CheckViolation)
        {
            // No partition: the month was thought to have one, and it has been dropped since.
            _ready.Clear();
            await MakeRoomAsync(connection, batch, cancellationToken);
            return await WriteAsync(connection, batch, with, cancellationToken);
        }
    }

    private async Task MakeRoomAsync(NpgsqlConnection connection, IReadOnlyList<StagedUsage> batch, CancellationToken cancellationToken)
    {
        var months = batch.Select(usage => usage.Month).Distinct().Where(month => !_ready.ContainsKey(month)).ToList();
        if (months.Count == 0)
        {
            return;
        }
        await MonthlyPartitions.MakeRoomAsync(connection, months, cancellationToken);
        months.ForEach(month => _ready[month] = true);
    }

    private static async Task<int> WriteAsync(
        NpgsqlConnection connection, IReadOnlyList<StagedUsage> batch, Func<NpgsqlConnection, CancellationToken, Task> with, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await StageAsync(connection, batch, cancellationToken);
        // One writer at a time from here on, so that none looks for a request that another one is just about to keep. They would meet at the sums anyway.
        await AdvisoryLocks.Usage.TakeAsync(connection, cancellationToken);
        var written = batch.Count == 0 ? 0 : await KeepAsync(connection, cancellationToken);
        await with(connection, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return written;
    }

    private static async Task StageAsync(NpgsqlConnection connection, IReadOnlyList<StagedUsage> batch, CancellationToken cancellationToken)
    {
        await using (var stage = new NpgsqlCommand(UsageSql.Stage, connection))
        {
            await stage.ExecuteNonQueryAsync(cancellationToken);
        }
        await using var copy = await connection.BeginBinaryImportAsync(UsageSql.Copy, cancellationToken);
        foreach (var usage in batch)
        {
            await usage.WriteAsync(copy, cancellationToken);
        }
        await copy.CompleteAsync(cancellationToken);
    }

    private static async Task<int> KeepAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var keep = new NpgsqlBatch(connection);
        var known = new NpgsqlBatchCommand(UsageSql.RemoveKnown) { Parameters = { new() { Value = ReachMs } } };
        var records = new NpgsqlBatchCommand(UsageSql.KeepRecords);
        keep.BatchCommands.Add(known);
        keep.BatchCommands.Add(records);
        foreach (var sql in UsageSql.Sum)
        {
            keep.BatchCommands.Add(new NpgsqlBatchCommand(sql));
        }
        await keep.ExecuteNonQueryAsync(cancellationToken);
        return records.RecordsAffected;
    }
}
