using CredentialProxy.Core.Limits;

namespace CredentialProxy.Tests.Limits.Contract;

/// <summary>Windows: calendar ones begin anew, sliding ones free what leaves them, a lifetime never ends.</summary>
public abstract class WindowContract(Func<TimeProvider, Task<IQuotaStore>> createStore) : AuthorityContract(createStore)
{
    public static TheoryData<LimitWindow, long, long> Sliding { get; } = new() { { LimitWindow.Minute, 60_000, 1_000 }, { LimitWindow.Second, 1_000, 100 } };

    [Theory]
    [InlineData(LimitWindow.Hour)]
    [InlineData(LimitWindow.Day)]
    [InlineData(LimitWindow.Month)]
    public async Task A_calendar_window_begins_anew_and_the_last_one_keeps_its_accounts(LimitWindow window)
    {
        var counter = Counter(window);
        var last = Now(counter);
        await SpendAsync("a", counter, 100, 70);
        await LeaseAsync(counter, 100, 30);
        Time.Advance(TimeSpan.FromMinutes(30) - TimeSpan.FromMilliseconds(1));
        Assert.Equal(new CounterState(70, 30), await ReadAsync(counter));
        Assert.Equal(0, (await LeaseAsync(counter, 100, 1)).Granted);

        Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(default, await ReadAsync(counter));
        Assert.Equal(new LeaseAnswer(100, 0, 100), await LeaseAsync(counter, 100, 100));
        // A request of the last window, settled in this one, is charged to the last.
        await SettleAsync("b", [new(last, 100, 20)]);
        Assert.Equal(new CounterState(0, 100), await ReadAsync(counter));
        Assert.Equal(new LeaseAnswer(0, Spent: 90, Leased: 10), await LeaseAsync(last, 100, 1));
    }

    [Fact]
    public async Task A_lifetime_never_ends()
    {
        await SpendAsync("a", Lifetime, 100, 70);
        for (var year = 0; year < 3; year++)
        {
            Time.Advance(TimeSpan.FromDays(365));
            await LeaseAsync();
            Assert.Equal(new CounterState(70, 0), await ReadAsync(Lifetime));
        }
        Assert.Equal(0, (await LeaseAsync(Lifetime, 100, 31)).Granted);
    }

    [Theory]
    [InlineData(LimitWindow.Month, 40)]
    [InlineData(LimitWindow.Day, 2)]
    [InlineData(LimitWindow.Hour, 1)]
    public async Task A_window_just_ended_is_not_forgotten_by_a_clock_that_was_ahead(LimitWindow window, int daysAhead)
    {
        var counter = Counter(window);
        var last = Now(counter);
        await SpendAsync("a", counter, 100, 100);
        for (var tidied = 0; tidied < 3; tidied++)
        {
            Time.Advance(TimeSpan.FromDays(daysAhead) / 3);
            await LeaseAsync();
        }
        Assert.Equal(new LeaseAnswer(0, Spent: 100, Leased: 0), await LeaseAsync(last, 100, 1));
    }

    [Theory]
    [MemberData(nameof(Sliding))]
    public async Task What_is_spent_in_a_sliding_window_frees_when_its_bucket_leaves(LimitWindow window, long lengthMs, long bucketMs)
    {
        var counter = Counter(window);
        await SpendAsync("a", counter, 100, 30);
        var first = Now(counter).Start;
        Time.Advance(TimeSpan.FromMilliseconds(bucketMs * 5));
        await SpendAsync("b", counter, 100, 60);
        var second = Now(counter).Start;

        // Ten are free, forty when the first bucket has left, all when the second has; the answer says which.
        Assert.Equal(new LeaseAnswer(0, Spent: 90, Leased: 0, FreesAt: first + lengthMs + bucketMs), await LeaseAsync(counter, 100, 40));
        Assert.Equal(new LeaseAnswer(0, Spent: 90, Leased: 0, FreesAt: second + lengthMs + bucketMs), await LeaseAsync(counter, 100, 41));
        AdvanceTo(first + lengthMs + bucketMs - 1);
        Assert.Equal(new CounterState(90, 0), await ReadAsync(counter));
        Assert.Equal(0, (await LeaseAsync(counter, 100, 40)).Granted);
        AdvanceTo(first + lengthMs + bucketMs);
        Assert.Equal(new CounterState(60, 0), await ReadAsync(counter));
        Assert.Equal(40, (await LeaseAsync(counter, 100, 40)).Granted);
        AdvanceTo(second + lengthMs + bucketMs);
        Assert.Equal(new CounterState(0, 40), await ReadAsync(counter));
    }

    [Theory]
    [MemberData(nameof(Sliding))]
    public async Task A_lease_of_a_sliding_window_counts_in_every_window_while_it_is_out(LimitWindow window, long lengthMs, long bucketMs)
    {
        var counter = Counter(window);
        await LeaseAsync(counter, 100, 80);
        Time.Advance(TimeSpan.FromMilliseconds(lengthMs * 3));
        Assert.Equal(new CounterState(0, 80), await ReadAsync(counter));
        // Only its being given back makes room, so no time is told.
        Assert.Equal(new LeaseAnswer(0, Spent: 0, Leased: 80, FreesAt: 0), await LeaseAsync(counter, 100, 21));
        await SettleAsync("a", counter, 100, 50);
        Assert.Equal(new CounterState(50, 30), await ReadAsync(counter));
        Time.Advance(TimeSpan.FromMilliseconds(lengthMs + bucketMs));
        Assert.Equal(new CounterState(0, 30), await ReadAsync(counter));
        await ReturnAsync(counter, 100, 30);
        Assert.Equal(default, await ReadAsync(counter));
    }

    [Fact]
    public async Task What_is_spent_counts_in_the_bucket_in_which_it_was_reserved()
    {
        var minute = Counter(LimitWindow.Minute);
        await LeaseAsync(minute, 100, 100);
        var reserved = Now(minute);
        Time.Advance(TimeSpan.FromSeconds(50));
        await SettleAsync("a", [new(reserved, 100, 100)]);
        Assert.Equal(new CounterState(100, 0), await ReadAsync(minute));
        Time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(default, await ReadAsync(minute));
    }

    [Fact]
    public async Task An_excess_in_a_sliding_window_is_taken_from_what_every_window_around_it_has_left()
    {
        var minute = Counter(LimitWindow.Minute);
        await LeaseAsync(minute, 100, 50);
        var early = Now(minute);
        Time.Advance(TimeSpan.FromSeconds(30));
        await SpendAsync("a", minute, 100, 40);
        await SettleAsync("b", [new(early, 100, 50)], [new(early, 100, 1_000)]);
        Assert.Equal(new CounterState(100, 0), await ReadAsync(minute));
        Time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(new CounterState(40, 0), await ReadAsync(minute));
    }

    [Theory]
    [InlineData(LimitWindow.Lifetime)]
    [InlineData(LimitWindow.Month)]
    public async Task When_room_comes_of_itself_is_told_of_sliding_windows_alone(LimitWindow window)
    {
        await SpendAsync("a", Counter(window), 100, 90);
        Assert.Equal(new LeaseAnswer(0, Spent: 90, Leased: 0, FreesAt: 0), await LeaseAsync(Counter(window), 100, 11));
    }

    [Fact]
    public async Task States_are_of_present_windows_in_the_order_asked_for()
    {
        CounterKey[] keys = [Counter(LimitWindow.Hour), Lifetime, Counter(LimitWindow.Minute), Counter(LimitWindow.Day, account: "token:unknown")];
        await SpendAsync("a", keys[0], 100, 10);
        await SpendAsync("b", keys[1], 100, 20);
        await LeaseAsync(keys[1], 100, 5);
        await SpendAsync("c", keys[2], 100, 30);
        Assert.Equal([new(10, 0), new(20, 5), new(30, 0), default], await Authority.ReadAsync(keys, CancellationToken.None));
        Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal([default, new(20, 5), default, default], await Authority.ReadAsync(keys, CancellationToken.None));
        Assert.Empty(await Authority.ReadAsync([], CancellationToken.None));
    }

    private void AdvanceTo(long unixMs) => Time.SetUtcNow(DateTimeOffset.FromUnixTimeMilliseconds(unixMs));
}
