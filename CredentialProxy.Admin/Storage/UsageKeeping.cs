using Npgsql;

namespace CredentialProxy.Admin.Storage;

/// <summary>Makes room for usage to come and drops what is older than is kept, by whole partitions.</summary>
internal sealed class UsageKeeping(UsageKeepingOptions keeping)
{
    /// <summary>Creates the partitions of the present month and those ahead.</summary>
    public async Task MakeRoomAsync(NpgsqlConnection connection, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var months = Enumerable.Range(Month.Of(now).Number, keeping.MonthsAhead + 1).Select(number => new Month(number)).ToList();
        await MonthlyPartitions.MakeRoomAsync(connection, months, cancellationToken);
    }

    /// <summary>Drops the partitions of months that are kept no longer, and answers how many.</summary>
    public async Task<int> DropOldAsync(NpgsqlConnection connection, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var dropped = await DropAsync(MonthlyPartitions.OfRecords, keeping.RecordMonths, connection, now, cancellationToken);
        foreach (var sums in MonthlyPartitions.OfSums)
        {
            dropped += await DropAsync(sums, keeping.HourMonths, connection, now, cancellationToken);
        }
        return dropped;
    }

    private static async Task<int> DropAsync(MonthlyPartitions partitions, int kept, NpgsqlConnection connection, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var first = Month.Of(now).Number - kept;
        var dropped = 0;
        foreach (var month in (await partitions.ListAsync(connection, cancellationToken)).Where(month => month.Number < first))
        {
            dropped += await partitions.DropAsync(connection, month, now, cancellationToken) ? 1 : 0;
        }
        return dropped;
    }
}
