using CredentialProxy.Admin;
using CredentialProxy.Admin.Recording;
using CredentialProxy.Admin.Storage;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Usage;
using CredentialProxy.Tests.Limits;
using CredentialProxy.Tests.Running;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace CredentialProxy.Tests.Recording;

public sealed class UsageKeeperTests
{
    private readonly System.Collections.Concurrent.ConcurrentQueue<string> _log = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2099, 1, 31, 23, 30, 0, TimeSpan.Zero));

    [Fact]
    public async Task Each_month_there_is_room_for_another_one_and_the_oldest_goes()
    {
        await using var store = await PostgresUsageStore.CreateAsync();
        using var host = await StartAsync(store);
        await PartitionsAreAsync(store, "2099_01", "2099_02");
        await host.Services.GetRequiredService<PostgresUsageWriter>().WriteAsync([UsageRecords.Of("a") with { Time = _time.GetUtcNow() }], TestContext.Current.CancellationToken);

        _time.Advance(TimeSpan.FromHours(1));
        await PartitionsAreAsync(store, "2099_01", "2099_02", "2099_03");
        _time.Advance(TimeSpan.FromDays(28));
        await PartitionsAreAsync(store, "2099_02", "2099_03", "2099_04");

        Assert.Contains(_log, line => line.Contains("Dropped 1 monthly partitions", StringComparison.Ordinal));
        var reader = host.Services.GetRequiredService<IUsageReader>();
        Assert.Equal(1, (await reader.SummarizeAsync(new UsageQuery(), TestContext.Current.CancellationToken)).Totals.Requests);
        await using var context = await host.Services.GetRequiredService<IDbContextFactory<StorageContext>>().CreateDbContextAsync(TestContext.Current.CancellationToken);
        Assert.Empty(await context.Usage.ToListAsync(TestContext.Current.CancellationToken));
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Sums_by_day_go_when_their_time_is_over()
    {
        await using var store = await PostgresUsageStore.CreateAsync();
        await store.WriteAsync(UsageRecords.Of("a") with { Time = _time.GetUtcNow().AddMonths(-120) });
        using var host = await StartAsync(store, hourMonths: 120);
        await PartitionsAreAsync(store, "2099_01", "2099_02");
        Assert.Equal([1], await store.Storage.QueryAsync<long>("SELECT count(*) FROM usage_days"));

        _time.Advance(TimeSpan.FromHours(1));

        await Product.EventuallyAsync(() => Task.FromResult(_log.Any(line => line.Contains("Forgot 4 sums of usage by day", StringComparison.Ordinal))), "they are forgotten");
        Assert.Equal([0], await store.Storage.QueryAsync<long>("SELECT count(*) FROM usage_days"));
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_database_that_fails_is_tried_again()
    {
        await using var store = await PostgresUsageStore.CreateAsync();
        await store.Storage.ExecuteAsync("ALTER TABLE \"usage\" RENAME TO away");
        using var host = await StartAsync(store);
        await Product.EventuallyAsync(() => Task.FromResult(_log.Any(line => line.Contains("tried again", StringComparison.Ordinal))), "the failure is logged");

        await store.Storage.ExecuteAsync("ALTER TABLE away RENAME TO \"usage\"");
        _time.Advance(TimeSpan.FromHours(1));

        await PartitionsAreAsync(store, "2099_02", "2099_03");
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task What_nobody_thought_of_is_told_and_does_not_end_the_keeping()
    {
        await using var store = await PostgresUsageStore.CreateAsync();
        // A partition whose name is no month's.
        await store.Storage.ExecuteAsync("CREATE TABLE usage_of_nobody PARTITION OF \"usage\" FOR VALUES FROM (9999999999998) TO (9999999999999)");
        using var host = await StartAsync(store);
        await Product.EventuallyAsync(() => Task.FromResult(_log.Any(line => line.Contains("tried again", StringComparison.Ordinal))), "the fault is told");

        await store.Storage.ExecuteAsync("DROP TABLE usage_of_nobody");
        _time.Advance(TimeSpan.FromHours(1));

        await PartitionsAreAsync(store, "2099_02", "2099_03");
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    private async Task<IHost> StartAsync(PostgresUsageStore store, int hourMonths = 1200)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.AddProvider(new QueueLoggerProvider(_log));
        builder.Services.AddSingleton<TimeProvider>(_time).AddSingleton(new SettlementBarrier(_ => default))
            .AddPostgresStorage(store.Storage.Database, new UsageKeepingOptions { MonthsAhead = 1, RecordMonths = 1, HourMonths = hourMonths });
        var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        return host;
    }

    private static async Task PartitionsAreAsync(PostgresUsageStore store, params string[] expected)
    {
        var found = "";
        await Product.EventuallyAsync(
            async () =>
            {
                await using var connection = await store.Storage.Source.OpenConnectionAsync(TestContext.Current.CancellationToken);
                found = string.Join(' ', (await MonthlyPartitions.OfRecords.ListAsync(connection, TestContext.Current.CancellationToken)).Where(month => month.Number >= 2099 * 12));
                return found == string.Join(' ', expected);
            },
            $"there are partitions for {string.Join(' ', expected)}");
    }
}
