using System.Collections.Concurrent;
using System.Globalization;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Limits.Redis;
using CredentialProxy.Tests.Running;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace CredentialProxy.Tests.Limits.Redis;

/// <summary>Gateways that die, and gateways that only seemed to: what one had leased is spent, and is spent once.</summary>
public sealed class RedisExpiryTests : RedisAuthorityTest
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ConcurrentQueue<string> _lines = new();
    private readonly FakeTimeProvider _time;

    public RedisExpiryTests()
        : this(new FakeTimeProvider(new DateTimeOffset(2027, 1, 31, 23, 30, 0, TimeSpan.Zero)))
    {
    }

    private RedisExpiryTests(FakeTimeProvider time)
        : base(time) => _time = time;

    [Fact]
    public async Task What_a_gateway_that_is_not_heard_of_had_leased_is_spent_when_its_time_is_over()
    {
        var (dead, living) = (Store.OpenAuthority(), Store.OpenAuthority());
        await LeaseAsync(dead, Lifetime, 100, 60);
        await LeaseAsync(living, Lifetime, 100, 10);
        await dead.AbandonAsync();
        await PassAsync(living, Options.HolderLifetime - Second);
        Assert.Equal(new CounterState(0, 70), await ReadAsync(living, Lifetime));
        await PassAsync(living, Second);
        Assert.Equal(new CounterState(60, 10), await ReadAsync(living, Lifetime));
    }

    [Fact]
    public async Task A_gateway_that_was_only_cut_off_is_told_and_goes_on_under_a_new_name()
    {
        var cutOff = await CutOffAsync();
        var former = await cutOff.HolderAsync();
        Assert.Equal(new LeaseAnswer(5, 60, 5), await LeaseAsync(cutOff, Lifetime, 100, 5));
        var present = await cutOff.HolderAsync();
        Assert.NotEqual(former, present);
        Assert.Null(await Store.Database.SortedSetScoreAsync(Store.Keys.Holders, former));
        Assert.NotNull(await Store.Database.SortedSetScoreAsync(Store.Keys.Holders, present));
    }

    [Fact]
    public async Task What_it_spends_of_leases_that_expired_is_not_charged_twice()
    {
        var cutOff = await CutOffAsync();
        await SettleAsync(cutOff, "late", Lifetime, 100, 25);
        Assert.Equal(new CounterState(60, 0), await ReadAsync(cutOff, Lifetime));
        await LeaseAsync(cutOff, Lifetime, 100, 20);
        await SettleAsync(cutOff, "later", Lifetime, 100, 45); // 35 that have expired and 10 of the new
        Assert.Equal(new CounterState(70, 10), await ReadAsync(cutOff, Lifetime));
        await SettleAsync(cutOff, "last", Lifetime, 100, 10);
        Assert.Equal(new CounterState(80, 0), await ReadAsync(cutOff, Lifetime));
        Assert.Equal(3, (await Store.EntriesAsync()).Count);
    }

    [Fact]
    public async Task Returning_frees_what_is_leased_and_nothing_of_what_has_expired()
    {
        var cutOff = await CutOffAsync();
        await LeaseAsync(cutOff, Lifetime, 100, 20);
        await ReturnAsync(cutOff, Lifetime, 100, 5);
        Assert.Equal(new CounterState(60, 15), await ReadAsync(cutOff, Lifetime));
        await ReturnAsync(cutOff, Lifetime, 100, 45);
        Assert.Equal(new CounterState(60, 0), await ReadAsync(cutOff, Lifetime));
        // 30 of what has expired are left to it.
        await LeaseAsync(cutOff, Lifetime, 100, 10);
        await SettleAsync(cutOff, "late", Lifetime, 100, 32);
        Assert.Equal(new CounterState(62, 8), await ReadAsync(cutOff, Lifetime));
    }

    [Fact]
    public async Task What_began_in_a_sliding_window_before_its_lease_expired_is_paid_and_what_began_after_is_not()
    {
        var (counter, cutOff, living) = (Counter(LimitWindow.Minute), Store.OpenAuthority(), Store.OpenAuthority());
        await LeaseAsync(cutOff, counter, 100, 20);
        var began = Now(counter);
        await ExpireAsync(cutOff, living);
        await PassAsync(living, Second * 10);
        await LeaseAsync(cutOff, counter, 100, 7);
        await cutOff.SettleAsync([new(UsageRecords.Of("before"), [new(began, 100, 5)], [])], CancellationToken.None);
        Assert.Equal(new CounterState(20, 7), await ReadAsync(living, counter));
        await SettleAsync(cutOff, "after", counter, 100, 7);
        Assert.Equal(new CounterState(27, 0), await ReadAsync(living, counter));
        await PassAsync(living, Second * 51);
        Assert.Equal(new CounterState(7, 0), await ReadAsync(living, counter));
    }

    [Fact]
    public async Task What_it_let_in_before_it_knew_that_a_sliding_window_had_expired_leaves_nothing_leased_that_nobody_holds()
    {
        var (counter, cutOff, living) = (Counter(LimitWindow.Minute), Store.OpenAuthority(), Store.OpenAuthority());
        await LeaseAsync(cutOff, counter, 1_000, 100);
        await ExpireAsync(cutOff, living);
        await PassAsync(living, Second * 5);
        await SettleAsync(cutOff, "unknowing", counter, 1_000, 80);
        Assert.Equal(new CounterState(180, 0), await ReadAsync(living, counter));
        await ReturnAsync(cutOff, counter, 1_000, 20);
        await LeaseAsync(cutOff, counter, 1_000, 50);
        await ReturnAsync(cutOff, counter, 1_000, 50);
        Assert.Equal(new CounterState(180, 0), await ReadAsync(living, counter));
    }

    [Fact]
    public async Task Permits_that_have_expired_are_free_for_others_and_not_freed_again()
    {
        var (counter, cutOff, living) = (Counter(LimitWindow.Lifetime, LimitUnit.Concurrent), Store.OpenAuthority(), Store.OpenAuthority());
        await LeaseAsync(cutOff, counter, 5, 3);
        await ExpireAsync(cutOff, living);
        Assert.Equal(default, await ReadAsync(living, counter));
        await LeaseAsync(cutOff, counter, 5, 1);
        await ReturnAsync(cutOff, counter, 5, 3); // those that had expired: the one is still open
        Assert.Equal(new CounterState(0, 1), await ReadAsync(living, counter));
    }

    [Fact]
    public async Task An_outage_of_Redis_is_nobodys_death()
    {
        var (one, other) = (Store.OpenAuthority(), Store.OpenAuthority());
        await LeaseAsync(one, Lifetime, 100, 60);
        await LeaseAsync(other, Lifetime, 100, 30);
        await using (await Store.BreakAsync())
            await PassAsync(one, Options.HolderLifetime * 3);
        await PassAsync(one, Options.HolderLifetime / 2);
        Assert.Equal(new CounterState(0, 90), await ReadAsync(one, Lifetime));
        Assert.DoesNotContain(".2", await other.HolderAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_who_died_in_an_outage_is_dead_a_lifetime_after_it()
    {
        var (dead, living) = (Store.OpenAuthority(), Store.OpenAuthority());
        await LeaseAsync(dead, Lifetime, 100, 60);
        await LeaseAsync(living, Lifetime, 100, 30);
        await using (await Store.BreakAsync())
        {
            await dead.AbandonAsync();
            await PassAsync(living, Options.HolderLifetime * 3);
        }
        await PassAsync(living, Options.HolderLifetime + Second);
        await PassAsync(living, Options.HolderLifetime);
        Assert.Equal(new CounterState(60, 30), await ReadAsync(living, Lifetime));
    }

    [Fact]
    public async Task However_much_a_dead_gateway_had_leased_all_of_it_is_closed()
    {
        var (dead, counters) = (Store.OpenAuthority(), Enumerable.Range(0, 1_300).Select(index => Counter(LimitWindow.Lifetime, account: $"token:{index}")).ToList());
        await dead.LeaseAsync(default, counters.Select(counter => new LeaseRequest(Now(counter), 100, 7, 7)).ToArray(), CancellationToken.None);
        await dead.LeaseAsync(default, new LeaseRequest[] { new(Now(counters[0]), 50, 1, 1) }, CancellationToken.None);
        await Store.KillAsync(dead);
        var states = await Store.OpenAuthority().ReadAsync(counters, CancellationToken.None);
        Assert.Equal(new CounterState(8, 0), states[0]);
        Assert.All(states.Skip(1), state => Assert.Equal(new CounterState(7, 0), state));
        Assert.Equal(0, await Store.Database.SortedSetLengthAsync(Store.Keys.Dead));
    }

    [Fact]
    public async Task Whoever_closes_a_dead_gateway_at_once_its_leases_are_spent_once()
    {
        var dead = Store.OpenAuthority();
        await LeaseAsync(dead, Lifetime, 1_000, 60);
        await Store.KillAsync(dead);
        var states = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => ReadAsync(Store.OpenAuthority(), Lifetime)));
        Assert.All(states, state => Assert.Equal(new CounterState(60, 0), state));
    }

    [Theory]
    [InlineData("100 {0}tokens:fortnight:0:token:one")]
    [InlineData("100 {0}tokens:lifetime:then:token:one")]
    [InlineData("100 another:{{quota}}:counter:tokens:lifetime:0:token:one")]
    [InlineData("100")]
    [InlineData("")]
    public async Task What_a_dead_gateway_of_a_later_version_had_leased_keeps_nobody_from_living_and_is_closed_by_who_knows_it(string lease)
    {
        using var logs = LoggerFactory.Create(logging => logging.AddProvider(new QueueLoggerProvider(_lines)));
        var (later, dead, living) = (Store.OpenAuthority(), Store.OpenAuthority(), Store.OpenAuthority(logger: logs.CreateLogger<RedisQuotaAuthority>()));
        await LeaseAsync(later, Lifetime, 100, 60);
        await LeaseAsync(dead, Lifetime, 100, 5);
        await LeaseAsync(living, Lifetime, 100, 1);
        var (leases, unknown) = (Store.Keys.Leases(await later.HolderAsync()), string.Format(CultureInfo.InvariantCulture, lease, Store.Keys.AnyCounter.ToString().TrimEnd('*')));
        await Store.Database.HashSetAsync(leases, unknown, 7);
        var died = (Later: await later.HolderAsync(), Other: await dead.HolderAsync());
        await Store.KillAsync(later);
        await Store.KillAsync(dead);

        await PassAsync(living, Options.HolderLifetime * 2);

        // It lives, and others enter, and close what they know.
        Assert.Equal(new CounterState(65, 1), await ReadAsync(living, Lifetime));
        Assert.Equal(1, (await LeaseAsync(Store.OpenAuthority(), Lifetime, 100, 1)).Granted);
        Assert.True(await Store.Database.SortedSetScoreAsync(Store.Keys.Holders, await living.HolderAsync()) > _time.GetUtcNow().ToUnixTimeMilliseconds());
        Assert.Equal([died.Later], (await Store.Database.SortedSetRangeByRankAsync(Store.Keys.Dead)).Select(holder => holder.ToString()));
        // Said once, and not with every heartbeat.
        Assert.Contains($"Leases of {died.Later}, which has died, have names that this version does not know", Assert.Single(_lines, line => line.StartsWith("Error", StringComparison.Ordinal)), StringComparison.Ordinal);

        await Store.Database.HashDeleteAsync(leases, unknown);
        await PassAsync(living, Options.HolderLifetime);
        Assert.Equal(new CounterState(65, 2), await ReadAsync(living, Lifetime));
    }

    /// <summary>A gateway that had leased 60 of 100 and has expired without knowing.</summary>
    private async Task<RedisQuotaAuthority> CutOffAsync()
    {
        var (cutOff, living) = (Store.OpenAuthority(), Store.OpenAuthority());
        await LeaseAsync(cutOff, Lifetime, 100, 60);
        await ExpireAsync(cutOff, living);
        Assert.Equal(new CounterState(60, 0), await ReadAsync(living, Lifetime));
        return cutOff;
    }

    private async Task ExpireAsync(RedisQuotaAuthority holder, RedisQuotaAuthority living)
    {
        await living.LeaseAsync(default, default, CancellationToken.None);
        await Store.Database.SortedSetAddAsync(Store.Keys.Holders, await holder.HolderAsync(), 0);
        // Nobody's heart beats while the time stands still but that of a newcomer.
        await Store.OpenAuthority().OpenAsync(CancellationToken.None);
    }

    /// <summary>Lets time pass, a heartbeat at a time, each of which is over before the next.</summary>
    private async Task PassAsync(RedisQuotaAuthority living, TimeSpan time)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += Second)
        {
            _time.Advance(Second);
            await living.RestAsync();
        }
    }
}
