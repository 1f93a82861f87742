using System.Globalization;
using CredentialProxy.Admin.Storage;
using Npgsql;

namespace CredentialProxy.Admin.Recording;

/// <summary>From when on records, and sums by hour, have never been dropped, Unix milliseconds.</summary>
internal readonly record struct UsageKept(long RecordsFromMs, long HoursFromMs)
{
    /// <summary>Reads it. Nothing will be dropped until the transaction ends.</summary>
    public static async Task<UsageKept> HoldAsync(UsageRollUp rollUp, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var hold = new NpgsqlCommand($"""LOCK TABLE ONLY "usage", ONLY {rollUp.Hours.Table} IN ACCESS SHARE MODE""", connection);
        await hold.ExecuteNonQueryAsync(cancellationToken);
        return new UsageKept(await ReadAsync(MonthlyPartitions.OfRecords, connection, cancellationToken), await ReadAsync(rollUp.Hours, connection, cancellationToken));
    }

    /// <summary>
    /// The end of a range, moved on to the next hour where there are no records any more to cut the hour with, and to the next day where there are no hours. So what can't be cut counts
    /// where it begins, and ranges that follow upon each other still add up.
    /// </summary>
    public long Round(long timeMs)
    {
        var hour = timeMs < RecordsFromMs ? UsageStretches.Ceiling(timeMs, UsageStretches.HourMs) : timeMs;
        return hour < HoursFromMs ? UsageStretches.Ceiling(hour, UsageStretches.DayMs) : hour;
    }

    private static async Task<long> ReadAsync(MonthlyPartitions partitions, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""SELECT "Value" FROM settings WHERE "Name" = $1""", connection) { Parameters = { new() { Value = partitions.KeptFromName } } };
        return await command.ExecuteScalarAsync(cancellationToken) is string value ? long.Parse(value, CultureInfo.InvariantCulture) : 0;
    }
}
