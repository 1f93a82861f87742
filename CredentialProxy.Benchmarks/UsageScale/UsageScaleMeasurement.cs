using System.Diagnostics;
using CredentialProxy.Admin.Recording;
using CredentialProxy.Admin.Storage;
using CredentialProxy.Benchmarks.Attacks;
using CredentialProxy.Core.Usage;
using Npgsql;

namespace CredentialProxy.Benchmarks.UsageScale;

/// <summary>Fills a database with as many records as there is room for, then asks the product for sums and lists of them.</summary>
internal static class UsageScaleMeasurement
{
    private const int BatchSize = 10_000;
    private const int Batches = 10;
    private const int Samples = 20;

    /// <summary>Fills the database, which must be empty.</summary>
    public static async Task<int> FillAsync(string connection, long rows)
    {
        await using var database = await OpenAsync(connection);
        await new ScaleFill(database.Source, rows).RunAsync();
        return 0;
    }

    /// <summary>Brings the database up to date and asks it everything.</summary>
    public static async Task<int> AskAsync(string connection)
    {
        await using var database = await OpenAsync(connection);
        await CheckAsync(database.Source);
        var alone = new NpgsqlConnectionStringBuilder(connection) { MaxPoolSize = 1, Options = "-c max_parallel_workers_per_gather=0" };
        await using (var source = NpgsqlDataSource.Create(alone))
        {
            var watches = await Stopwatches.OfAsync(source);
            await new ScaleQuestions(source, watches).AskAsync();
            await new ScaleLists(source, watches).ReadAsync();
        }
        await WriteAsync(database.Source);
        return 0;
    }

    /// <summary>Drops the oldest month of records.</summary>
    public static async Task<int> DropAsync(string connectionString)
    {
        await using var database = await OpenAsync(connectionString);
        await using var connection = await database.Source.OpenConnectionAsync();
        var watch = Stopwatch.StartNew();
        await MonthlyPartitions.OfRecords.DropAsync(connection, Month.Of(ScaleYear.Start), TimeProvider.System.GetUtcNow(), CancellationToken.None);
        Console.WriteLine($"a month of records dropped in {watch.Elapsed.TotalMilliseconds:N0} ms");
        return 0;
    }

    // Days of tokens, and hours of everything, by sums and by records.
    private static async Task CheckAsync(NpgsqlDataSource postgres)
    {
        var reader = new PostgresUsageReader(postgres, _ => default);
        var draws = new Draws(2027);
        for (var sample = 0; sample < Samples; sample++)
        {
            // The first month may have been dropped before.
            var (day, token) = (ScaleYear.Start.AddDays(draws.Between(31, 364)), sample % 2 == 0 ? ScaleYear.TokenId(draws.Between(0, ScaleYear.Tokens - 1)) : null);
            var query = new UsageQuery { From = day, To = token is null ? day.AddHours(1) : day.AddDays(1), TokenId = token };
            var (sums, records) = ((await reader.SummarizeAsync(query, CancellationToken.None)).Totals, await OverRecordsAsync(postgres, query));
            if (records != (sums.Requests, sums.Usage.InputTokens, sums.Usage.OutputTokens, sums.CostMicroUsd))
            {
                throw new InvalidOperationException($"{query}: the sums say {sums}, the records {records}.");
            }
        }
        Console.WriteLine($"{Samples} samples of the sums are what the records say");
    }

    private static async Task<(long Requests, long Input, long Output, long Cost)> OverRecordsAsync(NpgsqlDataSource postgres, UsageQuery query)
    {
        await using var command = postgres.CreateCommand("""
            SELECT count(*), coalesce(sum("InputTokens"), 0)::bigint, coalesce(sum("OutputTokens"), 0)::bigint, coalesce(sum("CostMicroUsd"), 0)::bigint FROM "usage"
            WHERE "TimeMs" >= $1 AND "TimeMs" < $2 AND ($3 = '' OR "TokenId" = $3)
            """);
        command.CommandTimeout = 0;
        foreach (var value in new object[] { query.FromMs!, query.ToMs!, query.TokenId ?? "" })
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }
        await using var row = await command.ExecuteReaderAsync();
        await row.ReadAsync();
        return (row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3));
    }

    // Of one hour, as they come when there are many.
    private static async Task WriteAsync(NpgsqlDataSource postgres)
    {
        var writer = new PostgresUsageWriter(postgres);
        var (written, watch) = (0, new Stopwatch());
        foreach (var batch in ScaleYear.HourAfter(BatchSize * Batches).Chunk(BatchSize))
        {
            watch.Start();
            written += await writer.WriteAsync(batch, CancellationToken.None);
            watch.Stop();
        }
        Console.WriteLine($"{written:N0} records of an hour written in {watch.Elapsed.TotalSeconds:N1} s, {written / watch.Elapsed.TotalSeconds:N0}/s, in batches of {BatchSize:N0}");
    }

    private static async Task<PostgresDatabase> OpenAsync(string connection)
    {
        var database = PostgresDatabase.Of(new ConfigurationBuilder().AddInMemoryCollection([new("ConnectionStrings:postgres", connection)]).Build(), TimeProvider.System);
        var watch = Stopwatch.StartNew();
        var applied = await new PostgresMigrator(database, new PostgresOptions(), new UsageKeepingOptions(), TimeProvider.System).MigrateAsync(CancellationToken.None);
        Console.WriteLine($"{applied.Count} migrations applied in {watch.Elapsed.TotalSeconds:N1} s");
        return database;
    }
}
