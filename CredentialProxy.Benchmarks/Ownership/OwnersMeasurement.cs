using System.Diagnostics;
using System.Globalization;
using CredentialProxy.Admin.Ownership;
using CredentialProxy.Admin.Rebuilding;
using CredentialProxy.Admin.Recording.Streams;
using CredentialProxy.Admin.Storage;
using CredentialProxy.Benchmarks.Chaos.Servers;
using CredentialProxy.Core.Limits.Redis;
using CredentialProxy.Core.Objects;
using CredentialProxy.Core.Objects.Redis;
using CredentialProxy.Tests.Running;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using StackExchange.Redis;

namespace CredentialProxy.Benchmarks.Ownership;

/// <summary>Has a gateway note whose objects are, records that in a Postgres of its own, and puts it back into a Redis of its own that has lost it.</summary>
internal static class OwnersMeasurement
{
    private const int Noted = 20_000;

    public static async Task<int> RunAsync(int objects)
    {
        var server = await PostgresServer.StartAsync("-c shared_buffers=256MB");
        var port = LocalPort.Find();
        using var process = Process.Start(new ProcessStartInfo("redis-server", ["--port", $"{port}", "--save", "", "--bind", "127.0.0.1"]) { RedirectStandardOutput = true })!;
        try
        {
            var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("ConnectionStrings:postgres", server.ConnectionString("postgres"))]).Build();
            await using var database = PostgresDatabase.Of(configuration, TimeProvider.System);
            await new PostgresMigrator(database, new PostgresOptions(), new UsageKeepingOptions(), TimeProvider.System).MigrateAsync(CancellationToken.None);
            var options = RedisConnection.Configure($"127.0.0.1:{port}");
            options.ReconnectRetryPolicy = new LinearRetry(50);
            // For FLUSHALL and INFO.
            options.AllowAdmin = true;
            await using var redis = await ConnectionMultiplexer.ConnectAsync(options);
            while (!redis.IsConnected)
            {
                await Task.Delay(20);
            }
            await MeasureAsync(database.Source, redis, objects);
            return 0;
        }
        finally
        {
            process.Kill();
        }
    }

    private static async Task MeasureAsync(NpgsqlDataSource postgres, ConnectionMultiplexer redis, int objects)
    {
        var quotas = new RedisQuotaOptions();
        var owners = new ObjectOwnersOptions();
        await using var control = new ServiceCollection().AddLogging().AddSingleton(TimeProvider.System).AddSingleton(postgres)
            .AddSingleton(new RecorderOptions()).AddSingleton(new RebuildingOptions { WaitForGateways = TimeSpan.Zero })
            .AddObjectOwnership(redis, quotas.Name, owners).BuildServiceProvider();
        var rebuilder = control.GetRequiredService<OwnerRebuilder>();
        await OpenAsync(rebuilder);
        await using (var gateway = new RedisObjectOwners(redis, quotas, owners, TimeProvider.System, NullLogger<RedisObjectOwners>.Instance))
        {
            await TimeAsync($"{Noted:N0} objects noted, 64 requests at once", () => Parallel.ForAsync(
                0, Noted, new ParallelOptions { MaxDegreeOfParallelism = 64 }, (i, stop) => gateway.RememberAsync($"project:{i % 100}", [new OwnedObject(new StoredObject("openai", "file", $"file-{i:x24}"), 0)], stop)));
        }
        var recording = control.GetRequiredService<OwnerRecording>();
        await TimeAsync("they were written to Postgres", async () =>
        {
            while (await recording.RecordAsync(4_000, CancellationToken.None) > 0)
            {
            }
        });

        await using (var fill = postgres.CreateCommand($"""
            INSERT INTO objects ("Owner", "Provider", "Kind", "Id", "CreatedAt", "ExpiresAt")
            SELECT 'project:' || n % 1000, 'openai', 'file', 'file-' || md5(n::text), 1, 99999999999999 FROM generate_series(1, {objects - Noted}) AS n
            """))
        {
            await fill.ExecuteNonQueryAsync();
        }
        var database = redis.GetDatabase();
        await database.ExecuteAsync("FLUSHALL");
        var empty = await UsedAsync(redis);
        await TimeAsync($"{objects:N0} objects put back into an empty Redis", () => OpenAsync(rebuilder));
        Console.WriteLine($"Redis holds {(await UsedAsync(redis) - empty) / objects:N0} bytes an object; this process has {Environment.WorkingSet / 1024 / 1024:N0} MB");
        await database.KeyDeleteAsync("cp:{objects}:epoch");
        await TimeAsync($"{objects:N0} objects removed from a Redis that had gone back, and put back", () => OpenAsync(rebuilder));
    }

    private static async Task OpenAsync(OwnerRebuilder rebuilder)
    {
        while (!await rebuilder.LookAsync(CancellationToken.None))
        {
        }
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
}
