using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Limits.Redis;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace CredentialProxy.Tests.Limits.Redis;

/// <summary>What accounts in Redis do beyond the contract, by Redis' own clock: scripts, keys, numbers, and gateways whose clocks are not alike.</summary>
public sealed class RedisQuotaAuthorityTests() : RedisAuthorityTest(TimeProvider.System)
{
    private const long Most = Limit.MaxAmount;

    [Fact]
    public async Task Scripts_that_Redis_has_forgotten_are_given_to_it_again()
    {
        var holder = Store.OpenAuthority();
        for (var round = 1; round <= 3; round++)
        {
            Assert.Equal(10, (await LeaseAsync(holder, Lifetime, 100, 10)).Granted);
            await Store.Database.ExecuteAsync("SCRIPT", "FLUSH");
            await SettleAsync(holder, $"a{round}", Lifetime, 100, 10);
            await Store.Database.ExecuteAsync("SCRIPT", "FLUSH");
            Assert.Equal(new CounterState(10 * round, 0), await ReadAsync(holder, Lifetime));
            await Store.Database.ExecuteAsync("SCRIPT", "FLUSH");
        }
        Assert.Equal(3, (await Store.EntriesAsync()).Count);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{other}:{tag}")]
    [InlineData("*?[a-z]")]
    [InlineData("a\nb\r\n$3\r\nDEL\r\n")]
    [InlineData("'\"]]--[[\\")]
    [InlineData("%s %d %")]
    [InlineData("a b:c:0:token:one")]
    [InlineData("")]
    [InlineData("ö\u0000\u2028😀")]
    public async Task Whatever_is_in_an_id_is_only_an_id(string id)
    {
        var first = Store.OpenAuthority();
        var (strange, plain) = (Counter(LimitWindow.Minute, account: "token:" + id), Counter(LimitWindow.Minute));
        await LeaseAsync(first, strange, 100, 60);
        await LeaseAsync(first, plain, 100, 30);
        await SettleAsync(first, id, strange, 100, 20);
        await SettleAsync(first, id, strange, 100, 20);
        Assert.Equal(new CounterState(20, 40), await ReadAsync(first, strange));
        Assert.Equal([id], (await Store.EntriesAsync()).Select(record => record.RequestId));

        // What its holder leaves behind is read back out of these names.
        await Store.KillAsync(first);
        var second = Store.OpenAuthority();
        Assert.Equal([new(60, 0), new(30, 0)], await second.ReadAsync([strange, plain], CancellationToken.None));
    }

    [Fact]
    public async Task Every_amount_up_to_the_largest_is_counted_exactly()
    {
        var holder = Store.OpenAuthority();
        await LeaseAsync(holder, Lifetime, Most, Most - 2);
        await SettleAsync(holder, "a", Lifetime, Most, Most - 4);
        Assert.Equal(new CounterState(Most - 4, 2), await ReadAsync(holder, Lifetime));
        await SettleAsync(holder, "b", Lifetime, Most, 1, excess: 1);
        Assert.Equal(new CounterState(Most - 2, 1), await ReadAsync(holder, Lifetime));
        Assert.Equal(new LeaseAnswer(1, Most - 2, 2), await LeaseAsync(holder, Lifetime, Most, 1, Most));
        Assert.Equal(new LeaseAnswer(0, Most - 2, 2), await LeaseAsync(holder, Lifetime, Most, 1));
        for (var request = 0; request < 3; request++)
            await SettleAsync(holder, $"c{request}", Lifetime, Most, Most, excess: Most);
        Assert.Equal(new CounterState(Most, 0), await ReadAsync(holder, Lifetime));
        Assert.Equal(Most, (long)await Store.Database.HashGetAsync(Store.Keys.Counter(Lifetime, 0), "overrun"));
    }

    [Fact]
    public async Task Every_amount_up_to_the_largest_is_counted_exactly_in_buckets_too()
    {
        var (holder, minute) = (Store.OpenAuthority(), Counter(LimitWindow.Minute));
        await LeaseAsync(holder, minute, Most, Most);
        await SettleAsync(holder, "a", minute, Most, Most - 1);
        Assert.Equal(new CounterState(Most - 1, 1), await ReadAsync(holder, minute));
        await Store.KillAsync(holder);
        Assert.Equal(new CounterState(Most, 0), await ReadAsync(Store.OpenAuthority(), minute));
    }

    [Property(MaxTest = 100, Arbitrary = [typeof(RedisQuotaAuthorityTests)])]
    public async Task What_is_granted_follows_the_rule_of_every_authority((long Limit, long Leased, long Need, long Want) asked)
    {
        await using var store = (RedisQuotaStore)await RedisQuotaStore.CreateAsync(TimeProvider.System);
        var holder = store.OpenAuthority();
        var leased = asked.Leased == 0 ? 0 : (await LeaseAsync(holder, Lifetime, Most, asked.Leased)).Granted;
        var answer = await LeaseAsync(holder, Lifetime, asked.Limit, asked.Need, asked.Want);
        Assert.Equal(LeaseRules.Grant(asked.Limit, leased, asked.Need, asked.Want), answer.Granted);
        Assert.Equal(leased + answer.Granted, answer.Leased);
    }

    [Fact]
    public async Task What_holders_get_together_never_passes_a_limit()
    {
        var holders = Enumerable.Range(0, 4).Select(_ => Store.OpenAuthority()).ToList();
        var granted = await Task.WhenAll(holders.Select(holder => Task.Run(async () =>
        {
            var sum = 0L;
            for (var call = 0; call < 100; call++)
            {
                var answer = await LeaseAsync(holder, Lifetime, 1_000, 1 + (call % 13), call);
                Assert.InRange(answer.Spent + answer.Leased, 0, 1_000);
                sum += answer.Granted;
                if (call % 3 == 0 && answer.Granted > 0)
                    await SettleAsync(holder, $"{holder.GetHashCode()}:{call}", Lifetime, 1_000, answer.Granted, excess: 5);
            }
            return sum;
        })));
        var state = await ReadAsync(holders[0], Lifetime);
        Assert.Equal(1_000, state.Spent + state.Leased);
        Assert.InRange(granted.Sum(), 500, 1_000);
    }

    [Fact]
    public async Task A_gateway_whose_clock_is_wrong_is_told_so_and_changes_nothing()
    {
        var wrong = Store.OpenAuthority(new ShiftedTime(TimeSpan.FromMinutes(-2)));
        var failure = await Assert.ThrowsAsync<QuotaAuthorityUnavailableException>(() => LeaseAsync(wrong, Counter(LimitWindow.Day), 100, 10));
        Assert.Contains("-1", failure.Message, StringComparison.Ordinal); // -120,000 ms or a little less
        Assert.Equal(default, await ReadAsync(Store.OpenAuthority(), Counter(LimitWindow.Day)));
        var bearable = Store.OpenAuthority(new ShiftedTime(TimeSpan.FromSeconds(40)));
        Assert.Equal(10, (await LeaseAsync(bearable, Lifetime, 100, 10)).Granted);
    }

    [Theory]
    [InlineData(50)]
    [InlineData(-50)]
    public async Task Sliding_windows_of_gateways_whose_clocks_differ_are_one(int seconds)
    {
        var (other, minute) = (new ShiftedTime(TimeSpan.FromSeconds(seconds)), Counter(LimitWindow.Minute));
        var (mine, theirs) = (Store.OpenAuthority(), Store.OpenAuthority(other));
        var bucket = new CounterInstance(minute, WindowClock.StartOf(LimitWindow.Minute, other.GetUtcNow().ToUnixTimeMilliseconds()));
        await theirs.LeaseAsync(default, new LeaseRequest[] { new(bucket, 100, 60, 60) }, CancellationToken.None);
        await theirs.SettleAsync([new(UsageRecords.Of("a"), [new(bucket, 100, 60)], [])], CancellationToken.None);

        var refused = await LeaseAsync(mine, minute, 100, 41);
        Assert.Equal((0, 60), (refused.Granted, refused.Spent));
        // By the clock of whoever asks: not before its minute is over, and not more than a bucket or two after.
        AssertFrees(refused.FreesAt, TimeProvider.System);
        AssertFrees((await theirs.LeaseAsync(default, new LeaseRequest[] { new(bucket, 100, 41, 41) }, CancellationToken.None))[0].FreesAt, other);
    }

    [Fact]
    public async Task What_is_over_goes_away_by_itself_and_what_is_leased_does_not()
    {
        var holder = Store.OpenAuthority();
        var (day, minute) = (Counter(LimitWindow.Day), Counter(LimitWindow.Minute));
        foreach (var counter in new[] { Lifetime, day, minute })
            await LeaseAsync(holder, counter, 100, 50);
        Assert.All(new[] { Lifetime, day, minute }, counter => Assert.Null(TimeToLive(counter)));
        foreach (var counter in new[] { Lifetime, day, minute })
            await SettleAsync(holder, $"{counter}", counter, 100, 50);
        Assert.Null(TimeToLive(Lifetime));
        Assert.InRange(TimeToLive(day)!.Value, TimeSpan.FromDays(7), TimeSpan.FromDays(8));
        Assert.InRange(TimeToLive(minute)!.Value, TimeSpan.FromMinutes(9), TimeSpan.FromMinutes(10));
        Assert.InRange(Store.Database.KeyTimeToLive(Store.Keys.Settled(RedisKeys.PeriodOf(UsageRecords.Of($"{day}").Time)))!.Value, TimeSpan.FromHours(1), TimeSpan.FromHours(2));
    }

    [Fact]
    public async Task Accounts_that_were_lost_refuse_every_gateway_that_knew_them()
    {
        var holder = Store.OpenAuthority();
        await LeaseAsync(holder, Lifetime, 100, 50);
        await Store.Database.KeyDeleteAsync([.. await Store.KeysAsync().ToListAsync()]);
        await Assert.ThrowsAsync<QuotaAuthorityUnavailableException>(() => ReadAsync(holder, Lifetime));
        await Assert.ThrowsAsync<QuotaAuthorityUnavailableException>(() => SettleAsync(holder, "a", Lifetime, 100, 50));
        await Assert.ThrowsAsync<QuotaAuthorityUnavailableException>(() => LeaseAsync(holder, Lifetime, 100, 50));
        // Nor may one that knows nothing of it begin with what is left of them.
        await Assert.ThrowsAsync<QuotaAuthorityUnavailableException>(() => LeaseAsync(Store.OpenAuthority(), Lifetime, 100, 10));
        await Assert.ThrowsAsync<QuotaAuthorityUnavailableException>(() => ReadAsync(holder, Lifetime));
        await Assert.ThrowsAsync<QuotaAuthorityUnavailableException>(() => LeaseAsync(holder, Lifetime, 100, 50));
    }

    [Fact]
    public async Task Two_installations_share_a_Redis_and_nothing_else()
    {
        await using var other = (RedisQuotaStore)await RedisQuotaStore.CreateAsync(TimeProvider.System);
        await LeaseAsync(Store.OpenAuthority(), Lifetime, 100, 50);
        Assert.Equal(default, await ReadAsync(other.OpenAuthority(), Lifetime));
    }

    [Fact]
    public async Task After_its_end_an_authority_refuses_and_what_it_had_leased_is_spent()
    {
        var holder = Store.OpenAuthority();
        await LeaseAsync(holder, Lifetime, 100, 50);
        await holder.DisposeAsync();
        await Assert.ThrowsAsync<QuotaAuthorityUnavailableException>(() => LeaseAsync(holder, Lifetime, 100, 1));
        Assert.Equal(new CounterState(50, 0), await ReadAsync(Store.OpenAuthority(), Lifetime));
    }

    /// <summary>Limits, what is leased before, a need and a want, small and as large as they get.</summary>
    public static Arbitrary<(long Limit, long Leased, long Need, long Want)> Asked()
    {
        var amount = Gen.OneOf(Gen.Choose(1, 100).Select(value => (long)value), Gen.Choose(0, 100).Select(value => Most - value), Gen.Choose(1, 100).Select(value => (Most / 2) + value));
        return (
            from limit in amount
            from leased in Gen.OneOf(Gen.Constant(0L), amount)
            from need in amount
            from want in amount
            select (limit, leased, need, Math.Max(need, want))).ToArbitrary();
    }

    private static void AssertFrees(long freesAt, TimeProvider time) =>
        Assert.InRange(freesAt - time.GetUtcNow().ToUnixTimeMilliseconds(), 55_000, 63_000);

    private TimeSpan? TimeToLive(CounterKey counter) =>
        Store.Database.KeyTimeToLive(Store.Keys.Counter(counter, WindowClock.IsSliding(counter.Window) ? 0 : Now(counter).Start));
}
