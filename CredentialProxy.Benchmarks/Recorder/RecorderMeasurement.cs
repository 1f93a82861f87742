using System.Diagnostics;
using System.Globalization;
using CredentialProxy.Admin.Recording;
using CredentialProxy.Admin.Recording.Streams;
using CredentialProxy.Admin.Storage;
using CredentialProxy.Benchmarks.Chaos.Servers;
using CredentialProxy.Benchmarks.UsageQueries;
using CredentialProxy.Core.Limits.Redis;
using CredentialProxy.Tests.Running;
using StackExchange.Redis;

namespace CredentialProxy.Benchmarks.Recorder;

/// <summary>Fills a stream in a Redis of its own, then has the product's recorder write it to a Postgres of its own.</summary>
internal static class RecorderMeasurement
{
    private const int FilledAtOnce = 5_000;

    public static async Task<int> RunAsync(int entries)
    {
        var postgres = await PostgresServer.StartAsync("-c max_wal_size=4GB");
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("ConnectionStrings:postgres", postgres.ConnectionString("postgres"))]).Build();
        await using var database = PostgresDatabase.Of(configuration, TimeProvider.System);
        await new PostgresMigrator(database, new PostgresOptions(), new UsageKeepingOptions(), TimeProvider.System).MigrateAsync(CancellationToken.None);
        var port = LocalPort.Find();
        var directory = Directory.CreateTempSubdirectory("credential-proxy-redis-");
        using var server = Process.Start("redis-server", ["--port", $"{port}", "--bind", "127.0.0.1", "--dir", directory.FullName, "--appendonly", "yes", "--save", "", "--loglevel", "warning"]);
        try
        {
            await using var redis = await ConnectionMultiplexer.ConnectAsync(RedisConnection.Configure($"127.0.0.1:{port}"));
            while (!redis.IsConnected)
            {
                await Task.Delay(50);
            }
            var quotas = new RedisQuotaOptions();
            await FillAsync(redis.GetDatabase(), new RedisKeys(quotas.Name), entries);
            await using var services = new ServiceCollection().AddLogging().AddSingleton(TimeProvider.System).AddSingleton(new PostgresUsageWriter(database.Source))
                .AddUsageRecorder(redis, quotas, new RecorderOptions()).BuildServiceProvider();
            await RecordAsync(services.GetRequiredService<UsageStream>(), services.GetRequiredService<StreamRecording>(), new RecorderOptions().MaxBatch);
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync();
            directory.Delete(recursive: true);
        }
        return 0;
    }

    private static async Task RecordAsync(UsageStream stream, StreamRecording recording, int batch)
    {
        var (count, watch) = (0, Stopwatch.StartNew());
        while (await stream.TakeAsync(batch) is { Length: > 0 } entries)
        {
            await recording.RecordAsync(entries, CancellationToken.None);
            count += entries.Length;
        }
        Console.WriteLine($"{count:N0} entries of two charges each from Redis to Postgres in {watch.Elapsed.TotalSeconds:N1} s, {count / watch.Elapsed.TotalSeconds:N0}/s, in batches of {batch:N0}, by one recorder");
    }

    private static async Task FillAsync(IDatabase redis, RedisKeys keys, int entries)
    {
        var number = 0;
        foreach (var records in UsageYear.Records(entries).Chunk(FilledAtOnce))
        {
            await Task.WhenAll(records.Select(record => redis.StreamAddAsync(
                keys.Usage,
                [
                    new(UsageEntry.Field, UsageEntry.Write(record)), new("by", "0123456789abcdef"), new("mark", ++number),
                    new($"+tokens:lifetime:0:token:{record.TokenId}", "1200 0"), new(string.Create(CultureInfo.InvariantCulture, $"+usd:lifetime:0:project:{record.ProjectId}"), "900 0"),
                ])));
        }
        var memory = (string)(await redis.ExecuteAsync("MEMORY", "USAGE", keys.Usage))!;
        Console.WriteLine($"{entries:N0} entries take {long.Parse(memory, CultureInfo.InvariantCulture) / entries} bytes each in Redis");
    }
}
