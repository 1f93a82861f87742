using System.Diagnostics;
using CredentialProxy.Admin.Recording;
using CredentialProxy.Admin.Storage;
using Npgsql;

namespace CredentialProxy.Benchmarks.UsageScale;

/// <summary>Fills a database with a year of usage: series by the product's writer, so that they are numbered as it numbers them, and all the rest by the server itself.</summary>
internal sealed class ScaleFill(NpgsqlDataSource postgres, long rows)
{
    private const int AtOnce = 2;
    private const int BatchSize = 20_000;

    private static readonly Month[] Months = [.. Enumerable.Range(Month.Of(ScaleYear.Start).Number, 12).Select(number => new Month(number))];

    public async Task RunAsync()
    {
        await StepAsync("series", SeriesAsync);
        await StepAsync("records", () => EachMonthAsync(month => ScaleSql.Records(month, rows)));
        await StepAsync("indexes of records", () => EachMonthAsync(ScaleSql.AttachRecords));
        await StepAsync("sums by hour", () => EachMonthAsync(ScaleSql.Hours));
        await StepAsync("sums by day", () => EachMonthAsync(ScaleSql.Days));
        await StepAsync("coarser sums", async () =>
        {
            await ExecuteAsync(ScaleSql.Coarser(UsageRollUp.Finest, UsageRollUp.Tokens));
            await ExecuteAsync(ScaleSql.Coarser(UsageRollUp.Finest, UsageRollUp.Projects));
            await ExecuteAsync(ScaleSql.Coarser(UsageRollUp.Projects, UsageRollUp.Models));
        });
        // Until the server does it by itself.
        await StepAsync("statistics", () => ExecuteAsync("ANALYZE"));
    }

    private async Task SeriesAsync()
    {
        var writer = new PostgresUsageWriter(postgres);
        foreach (var batch in ScaleYear.OneOfEachSeries().Chunk(BatchSize))
        {
            await writer.WriteAsync(batch, CancellationToken.None);
        }
        await using var connection = await postgres.OpenConnectionAsync();
        await MonthlyPartitions.MakeRoomAsync(connection, Months, CancellationToken.None);
        // The series stay.
        await ExecuteAsync($"TRUNCATE {string.Join(", ", UsageRollUp.All.SelectMany(rollUp => new[] { rollUp.Hours.Table, rollUp.Days }).Append("\"usage\""))}");
    }

    private Task EachMonthAsync(Func<Month, string> sql) =>
        Parallel.ForEachAsync(Months, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (month, _) => await ExecuteAsync(sql(month)));

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = await postgres.OpenConnectionAsync();
        // One transaction, so that a table made in it needs no log.
        await using var command = new NpgsqlCommand("SET work_mem = '1GB'; SET max_parallel_workers_per_gather = 0;" + sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync();
    }

    private static async Task StepAsync(string what, Func<Task> step)
    {
        var watch = Stopwatch.StartNew();
        await step();
        Console.WriteLine($"filled {what,-20} {watch.Elapsed.TotalSeconds,8:N0} s");
    }
}
