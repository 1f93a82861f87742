using System.Diagnostics;
using CredentialProxy.Admin.Recording;
using CredentialProxy.Admin.Storage;
using CredentialProxy.Core.Usage;
using CredentialProxy.Tests.Running;
using Npgsql;

namespace CredentialProxy.Benchmarks.UsageQueries;

/// <summary>Fills a Postgres of its own with a year of usage through the product's writer, then asks for sums over the year through the product's reader, and without the sums beside it.</summary>
internal static class UsageQueryMeasurement
{
    private const int Rounds = 5;
    private const int BatchSize = 10_000;
    private const string BySqlOverRecords = """SELECT "TokenId", count(*), sum("InputTokens"), sum("OutputTokens"), sum("CostMicroUsd") FROM "usage" WHERE "TimeMs" >= $1 AND "TimeMs" < $2 GROUP BY 1""";

    public static async Task<int> RunAsync(int rows)
    {
        var server = await PostgresServer.StartAsync("-c shared_buffers=1GB -c max_wal_size=4GB");
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("ConnectionStrings:postgres", server.ConnectionString("postgres"))]).Build();
        await using var database = PostgresDatabase.Of(configuration, TimeProvider.System);
        await new PostgresMigrator(database, new PostgresOptions(), new UsageKeepingOptions(), TimeProvider.System).MigrateAsync(CancellationToken.None);

        await FillAsync(database.Source, rows);
        await ExecuteAsync(database.Source, "VACUUM ANALYZE");
        foreach (var table in new[] { "usage_series", "usage_days", "usage_hours", "\"usage\"" })
        {
            Console.WriteLine($"{table,-13} {await ScalarAsync(database.Source, $"SELECT count(*) FROM {table}"),12:N0} rows {await SizeAsync(database.Source, table),8:N0} MB");
        }
        await AskAsync(database.Source);
        return 0;
    }

    private static async Task FillAsync(NpgsqlDataSource postgres, int rows)
    {
        var writer = new PostgresUsageWriter(postgres);
        await WriteAsync("of a year", UsageYear.Records(rows));
        // As they come when a hundred million come in a year.
        await WriteAsync("of one hour", UsageYear.HourAfter(10 * BatchSize));

        var again = UsageYear.Records(rows).Take(BatchSize).ToArray();
        var watch = Stopwatch.StartNew();
        var written = await writer.WriteAsync(again, CancellationToken.None);
        Console.WriteLine($"{again.Length:N0} of them again, {written} written, in {watch.Elapsed.TotalMilliseconds:N0} ms");

        async Task WriteAsync(string what, IEnumerable<UsageRecord> records)
        {
            var (count, inWriting) = (0, new Stopwatch());
            foreach (var batch in records.Chunk(BatchSize))
            {
                inWriting.Start();
                count += await writer.WriteAsync(batch, CancellationToken.None);
                inWriting.Stop();
            }
            Console.WriteLine($"{count:N0} records {what} written in {inWriting.Elapsed.TotalSeconds:N1} s, {count / inWriting.Elapsed.TotalSeconds:N0}/s, in batches of {BatchSize:N0}");
        }
    }

    private static async Task AskAsync(NpgsqlDataSource postgres)
    {
        var reader = new PostgresUsageReader(postgres, _ => default);
        var year = new UsageQuery { From = UsageYear.Start, To = UsageYear.End };
        foreach (var grouping in Enum.GetValues<UsageGrouping>())
        {
            await TimeAsync($"a year, by {grouping}", () => reader.SummarizeAsync(year with { GroupBy = grouping }, CancellationToken.None).AsTask());
        }
        var cut = year with { From = UsageYear.Start.AddMinutes(10), To = UsageYear.End.AddMinutes(-10), GroupBy = UsageGrouping.Token };
        await TimeAsync("a year less ten minutes at each end, by Token", () => reader.SummarizeAsync(cut, CancellationToken.None).AsTask());
        await TimeAsync("a year of one token, by Day", () => reader.SummarizeAsync(year with { TokenId = UsageYear.TokenId(7), GroupBy = UsageGrouping.Day }, CancellationToken.None).AsTask());
        await TimeAsync("a year, by Token, over the records themselves", () => OverRecordsAsync(postgres));
        await ExplainAsync(postgres, cut);
    }

    private static async Task TimeAsync(string what, Func<Task> ask)
    {
        var times = new List<double>();
        for (var round = 0; round < Rounds; round++)
        {
            var watch = Stopwatch.StartNew();
            await ask();
            times.Add(watch.Elapsed.TotalMilliseconds);
        }
        times.Sort();
        Console.WriteLine($"{what,-48} {times[Rounds / 2],9:N1} ms ({times[0]:N1} to {times[^1]:N1})");
    }

    private static async Task OverRecordsAsync(NpgsqlDataSource postgres)
    {
        await using var command = postgres.CreateCommand(BySqlOverRecords);
        command.Parameters.Add(new NpgsqlParameter { Value = UsageYear.Start.ToUnixTimeMilliseconds() });
        command.Parameters.Add(new NpgsqlParameter { Value = UsageYear.End.ToUnixTimeMilliseconds() });
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
        }
    }

    private static async Task ExplainAsync(NpgsqlDataSource postgres, UsageQuery query)
    {
        await using var connection = await postgres.OpenConnectionAsync();
        await using var command = new NpgsqlCommand { Connection = connection };
        UsageSelect.Write(query, UsageRollUp.For(query), default, command);
        command.CommandText = "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) " + command.CommandText;
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            Console.WriteLine(reader.GetString(0));
        }
    }

    private static async Task ExecuteAsync(NpgsqlDataSource postgres, string sql)
    {
        await using var command = postgres.CreateCommand(sql);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync();
    }

    // With its partitions and indexes.
    private static async Task<long> SizeAsync(NpgsqlDataSource postgres, string table) =>
        await ScalarAsync(postgres, $"SELECT sum(pg_total_relation_size(relid))::bigint / 1024 / 1024 FROM pg_partition_tree('{table}')") is var size and > 0
            ? size
            : await ScalarAsync(postgres, $"SELECT pg_total_relation_size('{table}') / 1024 / 1024");

    private static async Task<long> ScalarAsync(NpgsqlDataSource postgres, string sql)
    {
        await using var command = postgres.CreateCommand(sql);
        return await command.ExecuteScalarAsync() is long value ? value : 0;
    }
}
