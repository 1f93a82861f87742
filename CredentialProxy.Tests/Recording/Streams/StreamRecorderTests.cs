using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using CredentialProxy.Admin.Recording.Streams;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Limits.Redis;
using CredentialProxy.Core.Limits.Redis.Entries;
using CredentialProxy.Core.Storage;
using CredentialProxy.Tests.Limits;
using CredentialProxy.Tests.Limits.Redis;
using CredentialProxy.Tests.Running;
using CredentialProxy.Tests.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using StackExchange.Redis;

namespace CredentialProxy.Tests.Recording.Streams;

/// <summary>Usage on its way from Redis to Postgres.</summary>
public sealed class StreamRecorderTests : IAsyncLifetime
{
    private const long Limit = 1_000_000;

    private static readonly CounterKey Lifetime = new(new AccountId("project:a:b c"), LimitUnit.Tokens, LimitWindow.Lifetime);

    private readonly ConcurrentQueue<string> _lines = new();
    private TemporaryPostgres _postgres = null!;

    public async ValueTask InitializeAsync() => _postgres = await TemporaryPostgres.CreateAsync();

    public async ValueTask DisposeAsync() => await _postgres.DisposeAsync();

    [Fact]
    public async Task Each_request_counts_once_however_recorders_Redis_and_Postgres_end()
    {
        const int Requests = 1_500, Before = 500;
        await using var redis = await RedisServer.StartAsync();
        await using var store = await RedisQuotaStore.NewAsync(redis, TimeProvider.System);
        var authority = store.OpenAuthority();
        await SettleAsync(authority, Before);
        // One that is killed after it has written and before it has said so.
        await using (var killed = Make(store))
        {
            var taken = await killed.Stream.TakeAsync(50);
            Assert.Equal(50, taken.Length);
            await killed.Writer.WriteAsync(new StreamedBatch([.. taken.Select(entry => StreamedUsage.Read(entry))]), CancellationToken.None);
        }
        await using var one = Make(store);
        await using var other = Make(store);
        await one.StartAsync();
        await other.StartAsync();
        await CountIsAboveAsync(100);

        var settling = Task.Run(() => SettleAsync(authority, Requests, Before));
        await CutPostgresAsync();
        await redis.KillAsync();
        await redis.StartAgainAsync();
        await store.AllowUserAsync();
        await MendPostgresAsync();
        await settling;

        await Product.EventuallyAsync(async () => await redis.Database.StreamLengthAsync(store.Keys.Usage) == 0, "the stream is empty");
        Assert.Equal([(long)Requests], await _postgres.QueryAsync<long>("SELECT count(*) FROM \"usage\""));
        Assert.Equal([(long)Requests], await _postgres.QueryAsync<long>("SELECT sum(\"Requests\")::bigint FROM usage_days"));
        var spent = (await authority.ReadAsync([Lifetime], CancellationToken.None))[0].Spent;
        Assert.Equal(Requests, spent);
        Assert.Equal([spent], await _postgres.QueryAsync<long>("SELECT \"Spent\" FROM counters WHERE \"Account\" = 'project:a:b c'"));
    }

    [Fact]
    public async Task What_a_dead_gateway_had_leased_is_spent_once_in_Postgres_too()
    {
        await using var store = await RedisQuotaStore.NewAsync(await RedisServer.SharedAsync(), TimeProvider.System);
        var dead = store.OpenAuthority();
        await dead.LeaseAsync(default, new LeaseRequest[] { new(new CounterInstance(Lifetime, 0), Limit, 70, 70) }, CancellationToken.None);
        await store.KillAsync(dead);
        await store.OpenAuthority().OpenAsync(CancellationToken.None);
        await using var recorder = Make(store);
        var entries = await recorder.Stream.ReadAsync(10);
        // It is heard of twice.
        var batch = new StreamedBatch([.. entries.Select(entry => StreamedUsage.Read(entry))]);
        await recorder.Writer.WriteAsync(batch, CancellationToken.None);

        await recorder.Writer.WriteAsync(batch, CancellationToken.None);

        Assert.Equal([70L], await _postgres.QueryAsync<long>("SELECT \"Spent\" FROM counters"));
        Assert.Equal([70L], await _postgres.QueryAsync<long>("SELECT \"Amount\" FROM closed_leases"));
    }

    [Fact]
    public async Task What_can_not_be_read_or_written_is_put_aside_and_holds_up_nobody()
    {
        await using var store = await RedisQuotaStore.NewAsync(await RedisServer.SharedAsync(), TimeProvider.System);
        var authority = store.OpenAuthority();
        await store.Database.StreamAddAsync(store.Keys.Usage, "record", "{\"canary\":1}");
        await SettleAsync(authority, 3);
        await store.Database.StreamAddAsync(store.Keys.Usage, [new("record", UsageEntry.Write(UsageRecords.Of("odd"))), new("+nonsense:1", "1 2")]);
        // Readable, but in a month that there is no partition for.
        await store.Database.StreamAddAsync(store.Keys.Usage, [new("record", UsageEntry.Write(UsageRecords.Of("late") with { Time = DateTimeOffset.MaxValue }))]);
        await using var recorder = Make(store);
        await recorder.StartAsync();

        await Product.EventuallyAsync(async () => await recorder.Stream.CountAsync() == 0, "the stream is empty");

        var aside = await store.Database.StreamRangeAsync(store.Keys.DeadLetters);
        Assert.Equal(3, aside.Length);
        Assert.Contains("{\"canary\":1}", aside.Select(entry => (string)entry["record"]!));
        Assert.Equal([3L], await _postgres.QueryAsync<long>("SELECT count(*) FROM \"usage\" WHERE \"RequestId\" LIKE 'r%'"));
        Assert.Contains(_lines, line => line.Contains("put aside", StringComparison.Ordinal));
        Assert.DoesNotContain(_lines, line => line.Contains("canary", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_can_not_be_read_holds_up_nobody_even_where_it_can_not_be_put_aside()
    {
        await using var store = await RedisQuotaStore.NewAsync(await RedisServer.SharedAsync(), TimeProvider.System);
        await store.Database.StreamAddAsync(store.Keys.Usage, "record", "{\"canary\":1}");
        await SettleAsync(store.OpenAuthority(), 3);
        // As with a Redis whose memory is full.
        await store.ForbidAsync("xadd");
        await using var recorder = Make(store);
        await recorder.StartAsync();
        await Product.EventuallyAsync(async () => await _postgres.QueryAsync<long>("SELECT count(*) FROM \"usage\"") is [3], "the others are recorded");
        await Product.EventuallyAsync(async () => await recorder.Stream.CountAsync() == 1, "the others are removed");

        await store.AllowUserAsync();

        await Product.EventuallyAsync(async () => await recorder.Stream.CountAsync() == 0, "it is put aside");
        Assert.Single(await store.Database.StreamRangeAsync(store.Keys.DeadLetters));
    }

    [Fact]
    public async Task A_gateway_was_seen_when_its_entry_was_added_and_not_when_it_is_recorded()
    {
        await using var store = await RedisQuotaStore.NewAsync(await RedisServer.SharedAsync(), TimeProvider.System);
        await using var recorder = Make(store);
        await recorder.Writer.WriteAsync(
            new StreamedBatch([new() { Id = "7000-1", Instance = "g", Mark = 2, Record = UsageRecords.Of("a") }, new() { Id = "5000-0", Instance = "g", Mark = 3, Record = UsageRecords.Of("b") }]), CancellationToken.None);
        await recorder.Writer.WriteAsync(new StreamedBatch([new() { Id = "6000-0", Instance = "g", Mark = 1, Record = UsageRecords.Of("c") }]), CancellationToken.None);
        Assert.Equal([(3L, 7000L)], (await _postgres.QueryAsync<string>("SELECT \"Mark\" || ' ' || \"SeenAt\" FROM gateway_marks")).Select(row => (long.Parse(row.Split(' ')[0], null), long.Parse(row.Split(' ')[1], null))));
    }

    [Fact]
    public async Task With_Postgres_away_the_stream_grows_and_an_alarm_is_raised_until_it_is_back()
    {
        await using var store = await RedisQuotaStore.NewAsync(await RedisServer.SharedAsync(), TimeProvider.System);
        await CutPostgresAsync();
        await using var recorder = Make(store, new RecorderOptions { AlarmAbove = 20, MaxRetryDelay = TimeSpan.FromMilliseconds(100) });
        await recorder.StartAsync();
        await SettleAsync(store.OpenAuthority(), 30);
        await Product.EventuallyAsync(async () => (await recorder.Health.CheckHealthAsync(new HealthCheckContext())).Status == HealthStatus.Degraded, "the alarm is raised");
        Assert.Equal(30, await recorder.Stream.CountAsync());

        await MendPostgresAsync();

        await Product.EventuallyAsync(async () => (await recorder.Health.CheckHealthAsync(new HealthCheckContext())).Status == HealthStatus.Healthy, "the alarm is over");
        // Twenty that wait are too few for an alarm.
        await Product.EventuallyAsync(async () => await recorder.Stream.CountAsync() == 0, "the stream is empty");
        Assert.Equal([30L], await _postgres.QueryAsync<long>("SELECT count(*) FROM \"usage\""));
        Assert.Contains(_lines, line => line.Contains("more than 20", StringComparison.Ordinal));
    }

    [Fact]
    public async Task When_a_token_was_last_used_is_kept_to_the_minute_and_brings_none_back()
    {
        await using var store = await RedisQuotaStore.NewAsync(await RedisServer.SharedAsync(), TimeProvider.System);
        await using var recorder = Make(store);
        var time = new DateTimeOffset(2026, 11, 29, 10, 20, 30, TimeSpan.Zero);
        await using (var context = _postgres.CreateDbContext())
        {
            context.Tokens.Add(new TokenRow { Id = "tok", Kind = "proxy", LastFour = "1234", CreatedAt = time, RevokedAt = time });
            await context.SaveChangesAsync();
        }
        StreamedUsage[] entries =
        [
            new() { Id = "1-0", Record = UsageRecords.Of("a") with { TokenId = "tok", Time = time } },
            new() { Id = "2-0", Record = UsageRecords.Of("b") with { TokenId = "tok", Time = time.AddMinutes(-5) } },
            new() { Id = "3-0", Record = UsageRecords.Of("c") with { TokenId = "deleted", Time = time } },
        ];

        await recorder.Writer.WriteAsync(new StreamedBatch(entries), CancellationToken.None);

        await using var after = _postgres.CreateDbContext();
        var token = await after.Tokens.SingleAsync();
        Assert.Equal((time.AddSeconds(-30), time), (token.LastUsedAt, token.RevokedAt));
    }

    [Fact]
    public async Task What_nobody_thought_of_is_told_and_does_not_end_the_recording()
    {
        await using var store = await RedisQuotaStore.NewAsync(await RedisServer.SharedAsync(), TimeProvider.System);
        await SettleAsync(store.OpenAuthority(), 20);
        var time = new BrokenTime { IsBroken = true };
        await using var recorder = RunningRecorder.Make(store.Connection, store.User, _postgres.Source, null, new QueueLoggerProvider(_lines), time);
        await recorder.StartAsync();
        await Product.EventuallyAsync(() => Task.FromResult(_lines.Any(line => line.Contains("Recording failed by a fault of ours", StringComparison.Ordinal))), "it is told");
        Assert.Empty(await _postgres.QueryAsync<string>("SELECT \"RequestId\" FROM \"usage\""));

        time.IsBroken = false;

        await Product.EventuallyAsync(async () => await _postgres.QueryAsync<long>("SELECT count(*) FROM \"usage\"") is [20], "all of it is recorded");
    }

    [Fact]
    public async Task A_Postgres_that_ends_in_the_middle_and_is_started_again_has_each_request_once()
    {
        const int Requests = 1_500, Before = 500;
        // What was answered must be there after its end: unlike that of all tests, it is set to keep it.
        var server = await PostgresServer.StartAsync("-c max_connections=50");
        await using var postgres = await TemporaryPostgres.CreateOnAsync(server);
        await using var store = await RedisQuotaStore.NewAsync(await RedisServer.SharedAsync(), TimeProvider.System);
        var authority = store.OpenAuthority();
        await SettleAsync(authority, Before);
        await using var recorder = RunningRecorder.Make(store.Connection, store.User, postgres.Source, null, new QueueLoggerProvider(_lines));
        await recorder.StartAsync();
        await Product.EventuallyAsync(async () => await postgres.QueryAsync<long>("SELECT count(*) FROM \"usage\"") is [> 100], "some is recorded");
        var settling = Task.Run(() => SettleAsync(authority, Requests, Before));

        await server.StopAsync();
        await settling;
        await Product.EventuallyAsync(() => Task.FromResult(_lines.Any(line => line.Contains("Usage can't be written at present", StringComparison.Ordinal))), "it is told");
        Assert.True(await store.Database.StreamLengthAsync(store.Keys.Usage) > 0);
        await server.StartAgainAsync();

        await Product.EventuallyAsync(async () => await store.Database.StreamLengthAsync(store.Keys.Usage) == 0, "the stream is empty");
        Assert.Equal([(long)Requests], await postgres.QueryAsync<long>("SELECT count(*) FROM \"usage\""));
        Assert.Equal([(long)Requests], await postgres.QueryAsync<long>("SELECT \"Spent\" FROM counters WHERE \"Account\" = 'project:a:b c'"));
    }

    [Fact]
    public async Task A_Redis_whose_memory_is_nearly_used_up_is_told_of_before_it_is()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var store = await RedisQuotaStore.NewAsync(redis, TimeProvider.System);
        var (used, limit) = (0L, 0L);
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, meters) =>
        {
            if (instrument.Name.StartsWith("credential_proxy.redis.memory_", StringComparison.Ordinal))
                meters.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, amount, _, _) => Volatile.Write(ref instrument.Name.EndsWith("used", StringComparison.Ordinal) ? ref used : ref limit, amount));
        listener.Start();
        await redis.Database.ExecuteAsync("CONFIG", "SET", "maxmemory", 100_000_000_000);
        await using var recorder = Make(store);
        await recorder.StartAsync();
        await Product.EventuallyAsync(() => Seen(() => Volatile.Read(ref used) > 0 && Volatile.Read(ref limit) == 100_000_000_000), "the memory is measured");
        Assert.False(recorder.Health.IsShortOfMemory);

        await redis.Database.ExecuteAsync("CONFIG", "SET", "maxmemory", Volatile.Read(ref used) * 10 / 9);

        await Product.EventuallyAsync(() => Task.FromResult(_lines.Any(line => line.StartsWith("Error", StringComparison.Ordinal) && line.Contains("(maxmemory)", StringComparison.Ordinal))), "it is told");
        Assert.Equal(HealthStatus.Degraded, (await recorder.Health.CheckHealthAsync(new HealthCheckContext(), TestContext.Current.CancellationToken)).Status);
        await redis.Database.ExecuteAsync("CONFIG", "SET", "maxmemory", 0);
        await Product.EventuallyAsync(() => Task.FromResult(!recorder.Health.IsShortOfMemory), "it is over");

        Task<bool> Seen(Func<bool> condition)
        {
            listener.RecordObservableInstruments();
            return Task.FromResult(condition());
        }
    }

    private string _database = "";

    private RunningRecorder Make(RedisQuotaStore store, RecorderOptions? options = null) => RunningRecorder.Make(store.Connection, store.User, _postgres.Source, options, new QueueLoggerProvider(_lines));

    private static async Task SettleAsync(RedisQuotaAuthority authority, int requests, int from = 0)
    {
        for (var request = from; request < requests; request += 10)
        {
            var batch = Enumerable.Range(request, Math.Min(10, requests - request)).Select(number => $"r{number}").ToList();
            var counter = new CounterInstance(Lifetime, 0);
            await UntilDoneAsync(async () => await authority.SettleAsync([.. batch.Select(id => new Settlement(UsageRecords.Of(id), [], [new(counter, Limit, 1)]))], CancellationToken.None));
        }
    }

    private static async Task UntilDoneAsync(Func<Task> call)
    {
        await Product.EventuallyAsync(
            async () =>
            {
                try
                {
                    await call();
                    return true;
                }
                catch (QuotaAuthorityUnavailableException)
                {
                    return false;
                }
            },
            "the accounts are available");
    }

    /// <summary>Ends its connections and lets nobody in, as a server that is restarting does.</summary>
    private async Task CutPostgresAsync()
    {
        _database = (await _postgres.QueryAsync<string>("SELECT current_database()::text")).Single();
        var server = await PostgresServer.GetAsync();
        await server.ExecuteAsync($"ALTER DATABASE {_database} WITH ALLOW_CONNECTIONS false");
        await server.ExecuteAsync($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{_database}'");
    }

    private async Task MendPostgresAsync() => await (await PostgresServer.GetAsync()).ExecuteAsync($"ALTER DATABASE {_database} WITH ALLOW_CONNECTIONS true");

    private Task CountIsAboveAsync(long count) =>
        Product.EventuallyAsync(async () => (await _postgres.QueryAsync<long>("SELECT count(*) FROM \"usage\"")).Single() > count, $"more than {count} are kept");
}
