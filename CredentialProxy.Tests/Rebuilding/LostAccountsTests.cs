using System.Collections.Concurrent;
using CredentialProxy.Admin.Rebuilding;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Limits.Redis;
using CredentialProxy.Tests.Limits;
using CredentialProxy.Tests.Limits.Redis;
using CredentialProxy.Tests.Running;
using CredentialProxy.Tests.Storage;
using Microsoft.Extensions.Time.Testing;

namespace CredentialProxy.Tests.Rebuilding;

/// <summary>Redis loses accounts, or a part of them; what that may cost is what docs/operations.md says.</summary>
public sealed class LostAccountsTests : IAsyncLifetime
{
    private static readonly CounterKey Lifetime = new(new AccountId("project:p"), LimitUnit.Usd, LimitWindow.Lifetime);
    private static readonly RedisQuotaOptions Options = new() { HolderLifetime = TimeSpan.FromSeconds(1) };

    private readonly ConcurrentQueue<string> _lines = new();
    private readonly ConcurrentDictionary<string, long> _settled = new();
    private TemporaryPostgres _postgres = null!;
    private RedisServer _redis = null!;
    private RedisQuotaStore _store = null!;

    public async ValueTask InitializeAsync()
    {
        _postgres = await TemporaryPostgres.CreateAsync();
        _redis = await RedisServer.StartAsync();
        _store = await RedisQuotaStore.NewAsync(_redis, TimeProvider.System, Options, beginsEmpty: false);
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        await _redis.DisposeAsync();
        await _postgres.DisposeAsync();
    }

    [Fact]
    public async Task A_gateway_does_not_begin_with_empty_accounts_before_the_control_plane_has_looked()
    {
        var gateway = _store.OpenAuthority();
        await Assert.ThrowsAsync<QuotaAuthorityUnavailableException>(() => LeaseAsync(gateway, 100, 1));
        await using var control = RunningControlPlane.Make(_store, _postgres, _lines);

        Assert.True(await control.LookAsync());

        Assert.Equal(1, await LeaseAsync(gateway, 100, 1));
    }

    [Fact]
    public async Task Counters_of_windows_that_are_over_are_forgotten_and_those_of_a_lifetime_never()
    {
        await _postgres.ExecuteAsync("""
            INSERT INTO counters ("Account", "Unit", "Window", "WindowStart", "Spent", "Leased", "Overrun") VALUES ('a', 1, 0, 0, 1, 0, 0), ('a', 1, 2, 86400000, 1, 0, 0), ('a', 1, 3, 3600000, 1, 0, 0)
            """);
        await _postgres.ExecuteAsync("""INSERT INTO gateway_marks ("Instance", "Mark", "SeenAt") VALUES ('old', 5, 0)""");

        await new SpentCounters(_postgres.Source).ForgetAsync(TimeProvider.System.GetUtcNow(), CancellationToken.None);

        Assert.Equal([0], await _postgres.QueryAsync<int>("SELECT \"Window\" FROM counters"));
        Assert.Empty(await _postgres.QueryAsync<string>("SELECT \"Instance\" FROM gateway_marks"));
    }

    [Fact]
    public async Task A_gateway_at_rest_is_not_taken_for_one_that_was_forgotten()
    {
        await using var control = RunningControlPlane.Make(_store, _postgres, _lines);
        await control.OpenAsync();
        var gateway = _store.OpenAuthority();
        await LeaseAsync(gateway, 100, 1);
        var mark = _store.Keys.Mark((await gateway.HolderAsync()).Split('.')[0]);
        await _redis.Database.KeyExpireAsync(mark, TimeSpan.FromSeconds(30));

        await Product.EventuallyAsync(async () => await _redis.Database.KeyTimeToLiveAsync(mark) > TimeSpan.FromHours(1), "its heartbeat has kept its mark");
    }

    [Fact]
    public async Task What_was_forgotten_by_a_reset_is_not_back_when_accounts_are_rebuilt()
    {
        await using var control = RunningControlPlane.Make(_store, _postgres, _lines);
        await control.OpenAsync();
        await control.StartAsync();
        var gateway = _store.OpenAuthority();
        await LeaseAsync(gateway, 1_000, 100);
        await SettleAsync(gateway, "before", 1_000, 70);
        await gateway.ResetAsync(Lifetime, CancellationToken.None);
        await LeaseAsync(gateway, 1_000, 100);
        await SettleAsync(gateway, "after", 1_000, 25);
        await Product.EventuallyAsync(async () => await _redis.Database.StreamLengthAsync(_store.Keys.Usage) == 0, "the stream is empty");
        Assert.Equal([25L], await _postgres.QueryAsync<long>("SELECT \"Spent\" FROM counters"));

        await _redis.Database.ExecuteAsync("FLUSHALL");

        await control.OpenAsync();
        Assert.Equal(25, (await StateAsync(gateway)).Spent);
    }

    [Fact]
    public async Task What_a_later_version_counts_is_left_as_it_is_and_stays_leased()
    {
        await using var control = RunningControlPlane.Make(_store, _postgres, _lines);
        await control.OpenAsync();
        var (later, gateway) = (_store.OpenAuthority(), _store.OpenAuthority());
        await LeaseAsync(later, 1_000, 50);
        await LeaseAsync(gateway, 1_000, 7);
        var unknown = _store.Keys.Counter("tokens:fortnight:0:token:one");
        await _store.Database.HashSetAsync(unknown, [new("spent", 12), new("leased", 90)]);
        await _store.Database.HashSetAsync(_store.Keys.Leases(await later.HolderAsync()), $"100 {unknown}", 30);
        await later.AbandonAsync();
        await _store.Database.KeyDeleteAsync(_store.Keys.Mark(RedisHolder.InstanceOf(await gateway.HolderAsync())));

        await Product.EventuallyAsync(
            async () =>
            {
                await Assert.ThrowsAsync<QuotaAuthorityUnavailableException>(() => LeaseAsync(gateway, 1_000, 1));
                return $"{await _store.Database.StringGetAsync(_store.Keys.Epoch)}".StartsWith("rebuilding:", StringComparison.Ordinal);
            },
            "accounts are rebuilt");
        await control.OpenAsync();

        Assert.Equal((12, 30), ((long)await _store.Database.HashGetAsync(unknown, "spent"), (long)await _store.Database.HashGetAsync(unknown, "leased")));
        await Product.EventuallyAsync(async () => (await StateAsync(_store.OpenAuthority())).Leased == 57, "what is known is leased as it was");
    }

    [Fact]
    public async Task What_nobody_thought_of_is_told_and_does_not_end_the_looking_after()
    {
        await using var control = RunningControlPlane.Make(_store, _postgres, _lines);
        await control.OpenAsync();
        await control.StartAsync();
        // A window that this version does not know.
        await _postgres.ExecuteAsync("""INSERT INTO counters ("Account", "Unit", "Window", "WindowStart", "Spent", "Leased", "Overrun") VALUES ('a', 1, 99, 0, 1, 0, 0)""");

        await _redis.Database.ExecuteAsync("FLUSHALL");
        await Product.EventuallyAsync(() => Task.FromResult(_lines.Any(line => line.Contains("failed by a fault of ours", StringComparison.Ordinal))), "it is told");
        await _postgres.ExecuteAsync("DELETE FROM counters");

        await Product.EventuallyAsync(() => Task.FromResult(_lines.Any(line => line.Contains("were rebuilt as epoch 2-", StringComparison.Ordinal))), "the accounts are rebuilt");
    }

    [Fact]
    public async Task FLUSHALL_under_load_overspends_nothing_and_loses_no_record()
    {
        const long Limit = 3_000;
        await using var control = RunningControlPlane.Make(_store, _postgres, _lines);
        await using var second = RunningControlPlane.Make(_store, _postgres, _lines);
        await control.OpenAsync();
        await control.StartAsync();
        await second.StartAsync();
        // A request that is open all the while.
        var slow = _store.OpenAuthority();
        Assert.Equal(40, await LeaseAsync(slow, Limit, 40));
        var spending = Enumerable.Range(0, 3).Select(number => Task.Run(() => SpendAsync(_store.OpenAuthority(), number, Limit))).ToArray();
        await Product.EventuallyAsync(() => Task.FromResult(_settled.Values.Sum() > Limit / 3), "a third is spent");

        await _redis.Database.ExecuteAsync("FLUSHALL");

        await Task.WhenAll(spending);
        await SettleAsync(slow, "slow", Limit, 40);
        var total = _settled.Values.Sum();
        Assert.InRange(total, Limit - 50, Limit);
        await Product.EventuallyAsync(async () => await _redis.Database.StreamLengthAsync(_store.Keys.Usage) == 0, "the stream is empty");
        Assert.Equal([(long)_settled.Count], await _postgres.QueryAsync<long>("SELECT count(*) FROM \"usage\""));
        Assert.Equal([total], await _postgres.QueryAsync<long>("SELECT \"Spent\" FROM counters"));
        Assert.Contains(_lines, line => line.Contains("were rebuilt as epoch 2-", StringComparison.Ordinal));
        var state = await StateAsync(slow);
        Assert.InRange(state.Spent + state.Leased, total, Limit);
    }

    [Fact]
    public async Task What_a_gateway_settled_that_was_too_late_to_say_so_is_charged_and_recorded_all_the_same()
    {
        await using var control = RunningControlPlane.Make(_store, _postgres, _lines);
        await control.OpenAsync();
        // Its heart does not beat.
        var late = _store.OpenAuthority(new FakeTimeProvider(TimeProvider.System.GetUtcNow()));
        await LeaseAsync(late, 1_000, 100);
        await SettleAsync(late, "late", 1_000, 60);
        await _redis.Database.ExecuteAsync("FLUSHALL");
        await control.OpenAsync();

        await Assert.ThrowsAsync<QuotaAuthorityUnavailableException>(() => LeaseAsync(late, 1_000, 1));

        Assert.Equal(new CounterState(60, 0), await StateAsync(late));
        Assert.True(await control.LookAsync());
        await control.StartAsync();
        await Product.EventuallyAsync(async () => await _postgres.QueryAsync<long>("SELECT \"Spent\" FROM counters") is [60], "it is recorded");
    }

    [Fact]
    public async Task A_file_that_lost_its_end_costs_nothing_while_the_gateways_live()
    {
        await using var control = RunningControlPlane.Make(_store, _postgres, _lines);
        await control.OpenAsync();
        var gateway = _store.OpenAuthority();
        Assert.Equal(500, await LeaseAsync(gateway, 1_000, 500));
        await SettleAsync(gateway, "before", 1_000, 100);
        var length = _redis.FileLength;
        await SettleAsync(gateway, "after", 1_000, 200);
        Assert.Equal(2, gateway.KeptSettlements);

        await LoseEndAsync(length);

        // It notices by its own mark, and says what it holds.
        await Assert.ThrowsAsync<QuotaAuthorityUnavailableException>(() => LeaseAsync(gateway, 1_000, 1));
        await control.StartAsync();
        Assert.Equal(new CounterState(300, 200), await StateAsync(gateway));
        Assert.Equal(700, await LeaseAsync(_store.OpenAuthority(), 1_200, 700));
        Assert.Equal(["after", "before"], (await _postgres.QueryAsync<string>("SELECT \"RequestId\" FROM \"usage\"")).Order(StringComparer.Ordinal));
        await SettleAsync(gateway, "last", 1_000, 200);
        await Product.EventuallyAsync(async () => await _redis.Database.StreamLengthAsync(_store.Keys.Usage) == 0, "the stream is empty");
        // What Postgres has need not be kept any longer.
        await SettleAsync(gateway, "empty", 1_000, 0);
        Assert.InRange(gateway.KeptSettlements, 0, 1);
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 200)]
    public async Task A_file_that_lost_its_end_together_with_the_gateway_costs_what_was_lost_unless_it_had_been_recorded(bool isRecorded, long overspent)
    {
        const long Limit = 1_000;
        await using var control = RunningControlPlane.Make(_store, _postgres, _lines);
        await control.OpenAsync();
        var dead = _store.OpenAuthority();
        await LeaseAsync(dead, Limit, 100);
        await SettleAsync(dead, "before", Limit, 100);
        var length = _redis.FileLength;
        Assert.Equal(200, await LeaseAsync(dead, Limit, 200));
        await SettleAsync(dead, "after", Limit, 200);
        if (isRecorded)
        {
            await control.StartAsync();
            await Product.EventuallyAsync(async () => await _postgres.QueryAsync<long>("SELECT count(*) FROM \"usage\"") is [2], "it is recorded");
        }
        await dead.AbandonAsync();

        await LoseEndAsync(length);

        await control.OpenAsync();
        var left = 0L;
        var next = _store.OpenAuthority();
        while (await LeaseAsync(next, Limit, 50) is > 0 and var granted)
        {
            left += granted;
        }
        Assert.Equal(overspent, 300 + left - Limit);
    }

    [Fact]
    public async Task A_gateway_that_was_there_before_accounts_were_opened_is_one_holder_and_not_two()
    {
        await using var store = await RedisQuotaStore.NewAsync(_redis, TimeProvider.System, Options with { HolderLifetime = TimeSpan.FromMinutes(1) }, beginsEmpty: false);
        var gateway = store.OpenAuthority();
        await Assert.ThrowsAsync<QuotaAuthorityUnavailableException>(() => LeaseAsync(gateway, 100, 1));
        await Assert.ThrowsAsync<QuotaAuthorityUnavailableException>(() => LeaseAsync(gateway, 100, 1));
        Assert.Equal(1, await _redis.Database.SortedSetLengthAsync(store.Keys.Holders));
        await using var control = RunningControlPlane.Make(store, _postgres, _lines);
        await control.OpenAsync();

        Assert.Equal(1, await UntilAvailableAsync(() => LeaseAsync(gateway, 100, 1)));

        Assert.Equal([await gateway.HolderAsync()], (await _redis.Database.SortedSetRangeByRankAsync(store.Keys.Holders)).Select(holder => $"{holder}"));
        Assert.Equal(0, await _redis.Database.SortedSetLengthAsync(store.Keys.Dead));
    }

    [Fact]
    public async Task A_replica_that_lagged_and_is_promoted_costs_nothing_while_the_gateways_live()
    {
        await using var replica = await RedisServer.StartAsync();
        await using var line = new BreakableLine(_redis.Port);
        await _store.ConnectAsync(line.Address);
        await using var control = RunningControlPlane.Make(_store, _postgres, _lines);
        await control.OpenAsync();
        var gateway = _store.OpenAuthority();
        Assert.Equal(500, await LeaseAsync(gateway, 1_000, 500));
        await SettleAsync(gateway, "before", 1_000, 100);
        await replica.Database.ExecuteAsync("REPLICAOF", "127.0.0.1", $"{_redis.Port}");
        await Product.EventuallyAsync(async () => await replica.Database.StreamLengthAsync(_store.Keys.Usage) == 1, "the replica has what there is");
        // From here on it lags for ever.
        await replica.Database.ExecuteAsync("REPLICAOF", "NO", "ONE");
        await SettleAsync(gateway, "after", 1_000, 200);

        await replica.Database.ExecuteAsync("ACL", "SETUSER", _store.User, "on", ">" + _store.User, $"~{_store.User}:*", "&*", "+@all");
        line.LeadTo(replica.Port);
        line.Cut();
        await _redis.KillAsync();
        line.Mend();
        await Product.EventuallyAsync(() => Task.FromResult(_store.Connection.GetDatabase().IsConnected(_store.Keys.Epoch)), "it is connected");

        await Product.EventuallyAsync(
            async () => await Record.ExceptionAsync(() => LeaseAsync(gateway, 1_000, 1)) is QuotaAuthorityUnavailableException lost && lost.Message.Contains("lost", StringComparison.Ordinal), "it notices by its own mark");
        await control.StartAsync();
        Assert.Equal(new CounterState(300, 200), await StateAsync(gateway));
        Assert.Equal(700, await LeaseAsync(_store.OpenAuthority(), 1_200, 700));
        await Product.EventuallyAsync(async () => await _postgres.QueryAsync<long>("SELECT count(*) FROM \"usage\"") is [2], "both are recorded");
    }

    private async Task LoseEndAsync(long length)
    {
        await _redis.KillAsync();
        _redis.CutFile(length);
        await _redis.StartAgainAsync();
        await _store.AllowUserAsync();
        await Product.EventuallyAsync(() => Task.FromResult(_store.Connection.GetDatabase().IsConnected(_store.Keys.Epoch)), "it is connected");
    }

    private async Task SpendAsync(RedisQuotaAuthority gateway, int number, long limit)
    {
        for (var request = 0; ; request++)
        {
            var amount = await UntilAvailableAsync(() => LeaseAsync(gateway, limit, 7));
            if (amount == 0)
                return;
            await SettleAsync(gateway, $"{number}-{request}", limit, amount);
        }
    }

    private async Task SettleAsync(RedisQuotaAuthority gateway, string id, long limit, long amount)
    {
        await UntilAvailableAsync(async () =>
        {
            await gateway.SettleAsync([new Settlement(UsageRecords.Of(id), amount == 0 ? [] : [new(new CounterInstance(Lifetime, 0), limit, amount)], [])], CancellationToken.None);
            return 0L;
        });
        if (amount > 0)
            _settled[id] = amount;
    }

    private static async Task<long> LeaseAsync(RedisQuotaAuthority gateway, long limit, long need) =>
        (await gateway.LeaseAsync(default, new LeaseRequest[] { new(new CounterInstance(Lifetime, 0), limit, need, need) }, CancellationToken.None))[0].Granted;

    private static async Task<CounterState> StateAsync(RedisQuotaAuthority gateway)
    {
        var state = default(CounterState);
        await UntilAvailableAsync(async () =>
        {
            state = (await gateway.ReadAsync([Lifetime], CancellationToken.None))[0];
            return 0L;
        });
        return state;
    }

    // As the ledger does it: what is unavailable is asked again.
    private static async Task<long> UntilAvailableAsync(Func<Task<long>> call)
    {
        var answer = 0L;
        await Product.EventuallyAsync(
            async () =>
            {
                try
                {
                    answer = await call();
                    return true;
                }
                catch (QuotaAuthorityUnavailableException)
                {
                    return false;
                }
            },
            "the accounts are available");
        return answer;
    }
}
