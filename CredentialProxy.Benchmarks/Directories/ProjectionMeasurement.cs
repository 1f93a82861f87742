using System.Diagnostics;
using System.Globalization;
using CredentialProxy.Admin.Projecting;
using CredentialProxy.Admin.Storage;
using CredentialProxy.Benchmarks.Chaos.Servers;
using CredentialProxy.Core.Directories.Redis;
using CredentialProxy.Core.Limits.Redis;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Tokens;
using CredentialProxy.Tests.Running;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using StackExchange.Redis;

namespace CredentialProxy.Benchmarks.Directories;

/// <summary>Fills a Postgres of its own with tokens, projects them into a Redis of its own, and has a gateway's directory look them all up.</summary>
internal static class ProjectionMeasurement
{
    private const string Name = "cp";
    private const int Changes = 200;

    public static async Task<int> RunAsync(int tokens)
    {
        var server = await PostgresServer.StartAsync("-c shared_buffers=256MB");
        var port = LocalPort.Find();
        using var process = Process.Start(new ProcessStartInfo("redis-server", ["--port", $"{port}", "--save", "", "--bind", "127.0.0.1"]) { RedirectStandardOutput = true })!;
        try
        {
            var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("ConnectionStrings:postgres", server.ConnectionString("postgres"))]).Build();
            await using var database = PostgresDatabase.Of(configuration, TimeProvider.System);
            await new PostgresMigrator(database, new PostgresOptions(), new UsageKeepingOptions(), TimeProvider.System).MigrateAsync(CancellationToken.None);
            await FillAsync(database.Source, tokens);
            var options = RedisConnection.Configure($"127.0.0.1:{port}");
            options.ReconnectRetryPolicy = new LinearRetry(50);
            // For INFO.
            options.AllowAdmin = true;
            await using var redis = await ConnectionMultiplexer.ConnectAsync(options);
            while (!redis.IsConnected)
            {
                await Task.Delay(20);
            }
            await MeasureAsync(database, redis, tokens);
            return 0;
        }
        finally
        {
            process.Kill();
        }
    }

    private static async Task MeasureAsync(PostgresDatabase database, ConnectionMultiplexer redis, int tokens)
    {
        using var meter = new ProjectionMeter();
        var projection = new DirectoryProjection(redis, Name);
        using var projector = new DirectoryProjector(
            database, projection, new ProjectionScope(TimeSpan.FromDays(7)), meter, TimeProvider.System, NullLogger<DirectoryProjector>.Instance);
        var empty = await UsedAsync(redis);
        await TimeAsync($"{tokens:N0} tokens projected anew", () => projector.ProjectAsync(CancellationToken.None));
        Console.WriteLine($"Redis holds {(await UsedAsync(redis) - empty) / 1024.0 / 1024:N1} MB more, {(await UsedAsync(redis) - empty) / tokens:N0} bytes a token");
        await TimeAsync("all compared", () => projector.CompareAsync(CancellationToken.None));

        var before = GC.GetTotalMemory(forceFullCollection: true);
        await using var directory = new RedisDirectory(
            redis, Name, new RedisDirectoryOptions { GrantCacheSize = Math.Max(tokens, 100), MaxWaitingLookups = 1_000_000 }, _ => new EphemeralDataProtectionProvider(), [], PriceTable.Load(new PricingOptions()), TimeProvider.System, NullLogger<RedisDirectory>.Instance);
        await TimeAsync("a gateway's directory read", () => directory.CatchUpAsync(CancellationToken.None));
        await TimeAsync($"{tokens:N0} tokens looked up", async () =>
        {
            foreach (var part in Enumerable.Range(0, tokens).Chunk(10_000))
            {
                await Task.WhenAll(part.Select(i => directory.FindProxyTokenAsync(HashOf(i), CancellationToken.None).AsTask()));
            }
        });
        Console.WriteLine($"{directory.LookupCalls:N0} calls; the gateway holds {(GC.GetTotalMemory(forceFullCollection: true) - before) / 1024.0 / 1024:N1} MB more for {directory.Cached.Known:N0} tokens");
        await ChangeAsync(database, projector, directory);
    }

    private static async Task ChangeAsync(PostgresDatabase database, DirectoryProjector projector, RedisDirectory directory)
    {
        var times = new List<double>();
        for (var i = 0; i < Changes; i++)
        {
            await using var context = new PostgresStorageFactory(database.Source).Create();
            (await context.Tokens.FindAsync($"tok_{i}"))!.IsDisabled = true;
            await context.SaveChangesAsync();
            var watch = Stopwatch.StartNew();
            await projector.ProjectAsync(CancellationToken.None);
            while (!(await directory.FindProxyTokenAsync(HashOf(i), CancellationToken.None))!.IsRevoked)
            {
                await Task.Yield();
            }
            times.Add(watch.Elapsed.TotalMilliseconds);
        }
        times.Sort();
        Console.WriteLine($"from the commit of a change until a gateway knows it: median {times[Changes / 2]:N1} ms, 99 in 100 within {times[Changes * 99 / 100]:N1} ms, longest {times[^1]:N1} ms");
    }

    private static async Task FillAsync(NpgsqlDataSource postgres, int tokens)
    {
        foreach (var part in Enumerable.Range(0, tokens).Chunk(5_000))
        {
            await using var context = new PostgresStorageFactory(postgres).Create();
            context.Tokens.AddRange(part.Select(i => new TokenRow
            {
                Id = $"tok_{i}",
                Kind = "proxy",
                Hash = HashOf(i).ToString(),
                LastFour = "abcd",
                Label = $"agent {i}",
                Providers = ["openai"],
                Models = ["gpt-4o*"],
                LimitsJson = """[{"unit":"usd","limit":5,"window":"day"},{"unit":"concurrent","limit":4,"window":"lifetime"}]""",
                CreatedAt = TimeProvider.System.GetUtcNow(),
            }));
            await context.SaveChangesAsync();
        }
        await using var command = postgres.CreateCommand("TRUNCATE outbox");
        await command.ExecuteNonQueryAsync();
    }

    private static async Task TimeAsync(string what, Func<Task> act)
    {
        var watch = Stopwatch.StartNew();
        await act();
        Console.WriteLine($"{what} in {watch.Elapsed.TotalMilliseconds:N0} ms");
    }

    private static async Task<long> UsedAsync(ConnectionMultiplexer redis)
    {
        var memory = await redis.GetServers()[0].InfoAsync("memory");
        return long.Parse(memory.SelectMany(group => group).Single(entry => entry.Key == "used_memory").Value, CultureInfo.InvariantCulture);
    }

    private static TokenHash HashOf(int number) => TokenHash.Of($"ptk_{number}");
}
