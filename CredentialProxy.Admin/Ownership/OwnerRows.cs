using CredentialProxy.Admin.Storage;
using CredentialProxy.Core.Objects;
using CredentialProxy.Core.Objects.Redis;
using Npgsql;

namespace CredentialProxy.Admin.Ownership;

/// <summary>Writes changes of owners to Postgres, where each counts once.</summary>
internal sealed class OwnerRows(NpgsqlDataSource postgres, TimeProvider time)
{
    /// <summary>Takes what the source has and keeps it, in one transaction and one taker at a time.</summary>
    /// <param name="take">Reads the oldest changes; called when nobody else can.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>How many were new.</returns>
    public async Task<int> KeepAsync(Func<Task<IReadOnlyList<StreamedOwner>>> take, CancellationToken cancellationToken)
    {
        await using var connection = await postgres.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await AdvisoryLocks.Owners.TakeAsync(connection, cancellationToken);
        var changes = await NewOnesAsync(connection, await take(), cancellationToken);
        foreach (var run in RunsOf(changes))
        {
            await using var batch = run[0].IsAgain ? SayAgain(run) : Write(new OwnerBatch(run));
            batch.Connection = connection;
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }
        await NoteNumbersAsync(connection, changes, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return changes.Count;
    }

    // What was kept before and not removed from the stream, by us or by somebody who ended between the two, and what was said again without need.
    private static async Task<List<StreamedOwner>> NewOnesAsync(NpgsqlConnection connection, IReadOnlyList<StreamedOwner> changes, CancellationToken cancellationToken)
    {
        var numbers = new Dictionary<string, long>(StringComparer.Ordinal);
        await using (var command = new NpgsqlCommand(OwnerSql.Numbers, connection) { Parameters = { new() { Value = changes.Select(change => change.Instance).Distinct().ToArray() } } })
        {
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                numbers[reader.GetString(0)] = reader.GetInt64(1);
            }
        }
        var fresh = new List<StreamedOwner>(changes.Count);
        foreach (var change in changes.Where(change => change.Number > numbers.GetValueOrDefault(change.Instance)))
        {
            numbers[change.Instance] = change.Number;
            fresh.Add(change);
        }
        return fresh;
    }

    // Those that were said again have an order of their own.
    private static IEnumerable<List<StreamedOwner>> RunsOf(List<StreamedOwner> changes)
    {
        for (var start = 0; start < changes.Count;)
        {
            var end = start;
            while (end < changes.Count && changes[end].IsAgain == changes[start].IsAgain)
            {
                end++;
            }
            yield return changes[start..end];
            start = end;
        }
    }

    private static NpgsqlBatch Write(OwnerBatch batch)
    {
        var owned = batch.Owned;
        return new NpgsqlBatch
        {
            BatchCommands =
            {
                Command(OwnerSql.TakeFromOthers, batch.Others),
                Command(OwnerSql.Forget, batch.Forgotten),
                Command(OwnerSql.Remember, [.. owned.Select(change => (change.Owner, change.Stored))], owned.Select(change => change.Since).ToArray(), owned.Select(change => change.Ends).ToArray()),
            },
        };
    }

    private static NpgsqlBatch SayAgain(List<StreamedOwner> run)
    {
        var batch = new NpgsqlBatch();
        foreach (var change in run)
        {
            batch.BatchCommands.Add(change.Ends == 0
                ? Command(OwnerSql.Forget, [(change.Owner, change.Stored)])
                : Command(OwnerSql.RememberAgain, change.Owner, change.Stored.Provider, change.Stored.Kind, change.Stored.Id, change.Since, change.Ends));
        }
        return batch;
    }

    private static NpgsqlBatchCommand Command(string sql, IReadOnlyList<(string Owner, StoredObject Stored)> objects, params object[] more) => Command(
        sql,
        [objects.Select(owned => owned.Owner).ToArray(), objects.Select(owned => owned.Stored.Provider).ToArray(), objects.Select(owned => owned.Stored.Kind).ToArray(),
            objects.Select(owned => owned.Stored.Id).ToArray(), .. more]);

    private static NpgsqlBatchCommand Command(string sql, params object[] values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }
        return command;
    }

    private async Task NoteNumbersAsync(NpgsqlConnection connection, List<StreamedOwner> changes, CancellationToken cancellationToken)
    {
        var last = changes.GroupBy(change => change.Instance).Select(group => (Instance: group.Key, group.Last().Number)).ToList();
        await using var command = new NpgsqlCommand(OwnerSql.KeepNumbers, connection)
        {
            Parameters = { new() { Value = last.Select(mark => mark.Instance).ToArray() }, new() { Value = last.Select(mark => mark.Number).ToArray() }, new() { Value = time.GetUtcNow().ToUnixTimeMilliseconds() } },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
