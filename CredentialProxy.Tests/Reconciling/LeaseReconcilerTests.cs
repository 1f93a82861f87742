using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using CredentialProxy.Admin.Reconciling;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Limits.Redis;
using CredentialProxy.Tests.Limits.Redis;
using CredentialProxy.Tests.Running;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CredentialProxy.Tests.Reconciling;

/// <summary>What is leased and held by nobody is found and freed, and nothing else.</summary>
public sealed class LeaseReconcilerTests() : RedisAuthorityTest(TimeProvider.System), IAsyncLifetime
{
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly MeterListener _listener = new();
    private ServiceProvider _services = null!;
    private long _counted;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _services = new ServiceCollection().AddLogging(logging => logging.AddProvider(new QueueLoggerProvider(_lines))).AddSingleton(TimeProvider.System)
            .AddLeaseReconciling(Store.Connection, new RedisQuotaOptions { Name = Store.User }, new ReconcilingOptions()).BuildServiceProvider();
        var meters = _services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "credential_proxy.phantom_leases" && instrument.Meter.Scope == meters)
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, amount, _, _) => Interlocked.Add(ref _counted, amount));
        _listener.Start();
    }

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        _listener.Dispose();
        await _services.DisposeAsync();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task What_leaked_is_freed_counted_and_logged_and_what_is_held_stays()
    {
        var gateway = Store.OpenAuthority();
        await LeaseAsync(gateway, Lifetime, 1_000, 50);
        await Store.Database.HashIncrementAsync(Store.Keys.Counter(Lifetime, 0), "leased", 70);

        var found = await LookAsync();

        Assert.Equal(70, Assert.Single(found.Freed).Value);
        Assert.Equal(new CounterState(0, 50), await ReadAsync(gateway, Lifetime));
        Assert.Equal(1, Volatile.Read(ref _counted));
        Assert.Contains(_lines, line => line.Contains("Freed 70", StringComparison.Ordinal));
        Assert.Empty((await LookAsync()).Freed);
    }

    [Theory]
    [InlineData("tokens:fortnight:0:token:one")]
    [InlineData("calls:lifetime:0:token:one")]
    [InlineData("")]
    public async Task What_a_later_version_counts_is_left_to_that_one_and_does_not_end_the_looking(string counter)
    {
        var gateway = Store.OpenAuthority();
        await LeaseAsync(gateway, Lifetime, 1_000, 50);
        var unknown = Store.Keys.Counter(Lifetime, 0).ToString().Replace(RedisKeys.NameOf(new CounterInstance(Lifetime, 0)), counter, StringComparison.Ordinal);
        await Store.Database.HashSetAsync(unknown, "leased", 90);
        await Store.Database.HashSetAsync(Store.Keys.Leases(await gateway.HolderAsync()), $"100 {unknown}", 30);
        await Store.Database.HashIncrementAsync(Store.Keys.Counter(Lifetime, 0), "leased", 70);

        Assert.Equal(70, Assert.Single((await LookAsync()).Freed).Value);
        Assert.Equal(90, (long)await Store.Database.HashGetAsync(unknown, "leased"));
    }

    [Fact]
    public async Task Leases_of_a_holder_that_nobody_knows_are_closed_as_spent()
    {
        var gateway = Store.OpenAuthority();
        await LeaseAsync(gateway, Lifetime, 1_000, 50);
        await gateway.AbandonAsync();
        await Store.Database.SortedSetRemoveAsync(Store.Keys.Holders, await gateway.HolderAsync());

        Assert.Single((await LookAsync()).Orphans);

        var next = Store.OpenAuthority();
        await next.OpenAsync(CancellationToken.None);
        Assert.Equal(new CounterState(50, 0), await ReadAsync(next, Lifetime));
    }

    [Fact]
    public async Task Gateways_that_come_and_go_are_nobody_s_phantoms()
    {
        var coming = Task.Run(async () =>
        {
            for (var round = 0; round < 60; round++)
            {
                await using var gateway = Store.OpenAuthority();
                await LeaseAsync(gateway, Lifetime, 1_000_000, 10);
            }
        });
        while (!coming.IsCompleted)
        {
            var found = await LookAsync();
            Assert.Empty(found.Freed);
            Assert.Empty(found.Orphans);
        }
        await coming;
    }

    [Fact]
    public async Task A_counter_of_a_window_that_was_kept_for_what_nobody_held_is_forgotten_in_time()
    {
        var month = new CounterKey(Lifetime.Account, LimitUnit.Tokens, LimitWindow.Month);
        var key = Store.Keys.Counter(month, WindowClock.StartOf(month.Window, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()));
        await Store.OpenAuthority().OpenAsync(CancellationToken.None);
        await Store.Database.HashSetAsync(key, "leased", 70);

        Assert.Equal(70, Assert.Single((await LookAsync()).Freed).Value);

        Assert.InRange((await Store.Database.KeyTimeToLiveAsync(key))!.Value, TimeSpan.FromMinutes(1), TimeSpan.FromDays(100));
    }

    [Fact]
    public async Task Nothing_is_taken_from_gateways_at_work()
    {
        var working = Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            var gateway = Store.OpenAuthority();
            for (var round = 0; round < 50; round++)
            {
                await LeaseAsync(gateway, Lifetime, 1_000_000, 10);
                await ReturnAsync(gateway, Lifetime, 1_000_000, 10);
                await LeaseAsync(gateway, Lifetime, 1_000_000, 3);
            }
        })).ToArray();
        while (!Task.WhenAll(working).IsCompleted)
        {
            Assert.Empty((await LookAsync()).Freed);
        }
        await Task.WhenAll(working);
        Assert.Equal(new CounterState(0, 450), await ReadAsync(Store.OpenAuthority(), Lifetime));
    }

    [Fact]
    public async Task What_nobody_thought_of_is_told_and_does_not_end_the_looking()
    {
        await Store.OpenAuthority().OpenAsync(CancellationToken.None);
        var odd = Store.Keys.Counter(Counter(LimitWindow.Lifetime, account: "token:odd"), 0);
        await Store.Database.HashSetAsync(odd, "leased", "a few");
        await using var services = new ServiceCollection().AddLogging(logging => logging.AddProvider(new QueueLoggerProvider(_lines))).AddSingleton(TimeProvider.System)
            .AddLeaseReconciling(Store.Connection, new RedisQuotaOptions { Name = Store.User }, new ReconcilingOptions { Interval = TimeSpan.FromMilliseconds(20) }).BuildServiceProvider();
        var reconciler = services.GetRequiredService<LeaseReconciler>();
        await reconciler.StartAsync(CancellationToken.None);
        await Product.EventuallyAsync(() => Task.FromResult(_lines.Any(line => line.Contains("failed by a fault of ours", StringComparison.Ordinal))), "it is told");
        await Store.Database.HashSetAsync(Store.Keys.Counter(Lifetime, 0), "leased", 70);

        await Store.Database.KeyDeleteAsync(odd);

        await Product.EventuallyAsync(() => Task.FromResult(_lines.Any(line => line.Contains("Freed 70", StringComparison.Ordinal))), "what is held by nobody is freed");
        await reconciler.StopAsync(CancellationToken.None);
    }

    private Task<Phantoms> LookAsync() => _services.GetRequiredService<LeaseReconciler>().LookAsync();
}
