using CredentialProxy.Core.Limits;
using Microsoft.Extensions.Time.Testing;

namespace CredentialProxy.Tests.Limits.Redis;

/// <summary>A clock of Redis that is set while there are accounts.</summary>
public sealed class RedisClockTests : RedisAuthorityTest
{
    private readonly FakeTimeProvider _time;

    public RedisClockTests()
        : this(new FakeTimeProvider(new DateTimeOffset(2027, 1, 31, 23, 30, 0, TimeSpan.Zero)))
    {
    }

    private RedisClockTests(FakeTimeProvider time)
        : base(time) => _time = time;

    [Theory]
    [InlineData(LimitWindow.Minute, 61_000)]
    [InlineData(LimitWindow.Second, 1_100)]
    public async Task What_a_clock_since_set_back_has_left_in_the_future_counts_from_now_on(LimitWindow window, int lengthMs)
    {
        var (counter, start) = (Counter(window), _time.GetUtcNow());
        _time.AdjustTime(start + TimeSpan.FromHours(1));
        var holder = Store.OpenAuthority();
        await LeaseAsync(holder, counter, 100, 60);
        await SettleAsync(holder, "a", counter, 100, 60);
        await Store.KillAsync(holder);

        _time.AdjustTime(start);
        holder = Store.OpenAuthority();
        var refused = await LeaseAsync(holder, counter, 100, 41);
        Assert.Equal((0, 60), (refused.Granted, refused.Spent));
        Assert.Equal(40, (await LeaseAsync(holder, counter, 100, 40)).Granted);
        _time.Advance(TimeSpan.FromMilliseconds(lengthMs));
        Assert.Equal(new CounterState(0, 40), await ReadAsync(holder, counter));
    }

    [Fact]
    public async Task Buckets_that_count_no_more_are_not_kept()
    {
        var (counter, holder) = (Counter(LimitWindow.Second), Store.OpenAuthority());
        for (var request = 0; request < 100; request++)
        {
            await LeaseAsync(holder, counter, 1_000, 1);
            await SettleAsync(holder, $"{request}", counter, 1_000, 1);
            _time.Advance(TimeSpan.FromMilliseconds(100));
        }
        Assert.InRange(await Store.Database.HashLengthAsync(Store.Keys.Counter(counter, 0)), 11, 25);
    }

    [Fact]
    public async Task A_counter_of_which_nothing_is_spent_or_leased_leaves_nothing_behind()
    {
        var (counter, holder) = (Counter(LimitWindow.Minute), Store.OpenAuthority());
        foreach (var key in new[] { counter, Lifetime })
        {
            await LeaseAsync(holder, key, 100, 60);
            await ReturnAsync(holder, key, 100, 60);
            Assert.False(await Store.Database.KeyExistsAsync(Store.Keys.Counter(key, 0)));
        }
    }
}
