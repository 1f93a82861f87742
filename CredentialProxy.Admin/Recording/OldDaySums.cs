using CredentialProxy.Admin.Auditing;
using CredentialProxy.Admin.Storage;
using Npgsql;

namespace CredentialProxy.Admin.Recording;

/// <summary>Forgets sums by day that are older than is kept, and series that have no sum any more. A few thousand at a time, so that writers wait for no longer than a batch takes.</summary>
internal sealed class OldDaySums(UsageKeepingOptions keeping)
{
    /// <summary>Sums forgotten in one go.</summary>
    public const int AtOnce = 5_000;

    /// <summary>Forgets those of months that are kept no longer, and answers how many sums.</summary>
    public async Task<long> ForgetAsync(NpgsqlConnection connection, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var kept = new Month(Month.Of(now).Number - keeping.KeptDayMonths);
        var forgotten = 0L;
        foreach (var rollUp in UsageRollUp.All)
        {
            var ofRollUp = 0L;
            int some;
            do
            {
                some = await ForgetSomeAsync(rollUp, kept, isFirst: ofRollUp == 0, connection, now, cancellationToken);
                ofRollUp += some;
            }
            while (some == AtOnce);
            forgotten += ofRollUp;
        }
        return forgotten;
    }

    private static async Task<int> ForgetSomeAsync(UsageRollUp rollUp, Month kept, bool isFirst, NpgsqlConnection connection, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // Whoever writes finds a series, or numbers it anew; in between it must not go.
        await AdvisoryLocks.Usage.TakeAsync(connection, cancellationToken);
        var seriesIds = await ForgetSumsAsync(rollUp, kept, connection, cancellationToken);
        if (seriesIds.Count > 0)
        {
            await ForgetSeriesAsync(rollUp, seriesIds.Distinct().ToArray(), connection, cancellationToken);
            if (isFirst)
            {
                await connection.NoteAsync(AuditTrail.System, now, "usage.forget", rollUp.Days, new { before = DateTimeOffset.FromUnixTimeMilliseconds(kept.StartMs) }, null, cancellationToken);
            }
        }
        await transaction.CommitAsync(cancellationToken);
        return seriesIds.Count;
    }

    // Of each its series.
    private static async Task<List<int>> ForgetSumsAsync(UsageRollUp rollUp, Month kept, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"""
            DELETE FROM {rollUp.Days} WHERE ("SeriesId", "StartMs") IN (SELECT "SeriesId", "StartMs" FROM {rollUp.Days} WHERE "StartMs" < $1 LIMIT {AtOnce}) RETURNING "SeriesId"
            """, connection)
        {
            Parameters = { new() { Value = kept.StartMs } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var seriesIds = new List<int>();
        while (await reader.ReadAsync(cancellationToken))
        {
            seriesIds.Add(reader.GetInt32(0));
        }
        return seriesIds;
    }

    // OFFSET 0 has each series looked for by index. Joined instead, as the planner would, it reads every sum by hour that there is: seconds, in which nobody records anything.
    private static async Task ForgetSeriesAsync(UsageRollUp rollUp, int[] ids, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"""
            DELETE FROM {rollUp.Series} AS series WHERE "Id" = ANY ($1)
            AND NOT EXISTS (SELECT FROM {rollUp.Days} WHERE "SeriesId" = series."Id" OFFSET 0) AND NOT EXISTS (SELECT FROM {rollUp.Hours.Table} WHERE "SeriesId" = series."Id" OFFSET 0)
            """, connection)
        {
            Parameters = { new() { Value = ids } },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
