using System.Collections.Concurrent;
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
    public async Task With_Postgres_away_the_stream_grows_and_an_alarm_is_raised_until_it_is_back()
    {
        await using var store = await RedisQuotaStore.NewAsync(await RedisServer.SharedAsync(), TimeProvider.System);
        await CutPostgresAsync();
        await using var recorder = Make(store, new RecorderOptions { AlarmAbove = 20, MaxRetryDelay = TimeSpan.FromMilliseconds(100) });
        await recorder.StartAsync();
        await SettleAsync(store.OpenAuthority(), 30);
        await Product.EventuallyAsync(async () => (await recorder.Health.CheckHealthAsync(new HealthCheckContext())).Status == HealthStatus.Unhealthy, "the alarm is raised");
        Assert.Equal(30, await recorder.Stream.CountAsync());

        await MendPostgresAsync();

        await Product.EventuallyAsync(async () => (await recorder.Health.CheckHealthAsync(new HealthCheckContext())).Status == HealthStatus.Healthy, "the alarm is over");
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
