using CredentialProxy.Core.Limits;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Limits.Redis;

/// <summary>In a cluster a script may touch the keys of one slot alone, and is sent to the node that has it.</summary>
public sealed class RedisClusterTests : IAsyncLifetime
{
    private RedisServer _server = null!;
    private RedisQuotaStore _store = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await RedisServer.StartAsync("everysec", isCluster: true);
        _store = await RedisQuotaStore.NewAsync(_server, TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Every_call_works_on_a_cluster_and_all_keys_lie_in_one_slot()
    {
        var counters = new[] { "token:{a}", "project:{b}", "credential:}{" }.Select(account => new CounterKey(new AccountId(account), LimitUnit.Tokens, LimitWindow.Lifetime)).ToList();
        var (first, second) = (_store.OpenAuthority(), _store.OpenAuthority());
        await first.LeaseAsync(default, counters.Select(counter => new LeaseRequest(new(counter, 0), 100, 50, 50)).ToArray(), CancellationToken.None);
        await first.SettleAsync([new(UsageRecords.Of("{c}"), [.. counters.Select(counter => new LeaseAmount(new(counter, 0), 100, 20))], [])], CancellationToken.None);
        await first.LeaseAsync(counters.Select(counter => new LeaseAmount(new(counter, 0), 100, 10)).ToArray(), default, CancellationToken.None);
        Assert.All(await second.ReadAsync(counters, CancellationToken.None), state => Assert.Equal(new CounterState(20, 20), state));
        await first.DisposeAsync();
        Assert.All(await second.ReadAsync(counters, CancellationToken.None), state => Assert.Equal(new CounterState(40, 0), state));

        var keys = await _store.KeysAsync().ToListAsync();
        Assert.True(keys.Count > 6);
        Assert.Single(keys.Select(key => _store.Database.Multiplexer.HashSlot(key)).Distinct());
    }
}
