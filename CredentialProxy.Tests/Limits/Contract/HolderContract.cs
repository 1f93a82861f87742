using CredentialProxy.Core.Limits;

namespace CredentialProxy.Tests.Limits.Contract;

/// <summary>Holders: what one that died had leased counts as spent, what one that lives has leased stays its own.</summary>
public abstract class HolderContract(Func<TimeProvider, Task<IQuotaStore>> createStore) : AuthorityContract(createStore)
{
    [Theory]
    [InlineData(LimitWindow.Lifetime)]
    [InlineData(LimitWindow.Month)]
    [InlineData(LimitWindow.Hour)]
    public async Task What_a_dead_holder_had_leased_is_spent(LimitWindow window)
    {
        var counter = Counter(window);
        await SpendAsync("a", counter, 100, 20);
        await LeaseAsync(counter, 100, 30);
        await LeaseAsync(counter, 90, 5);
        await CrashAsync();
        Assert.Equal(new CounterState(55, 0), await ReadAsync(counter));
        Assert.Equal(new LeaseAnswer(45, 55, 45), await LeaseAsync(counter, 100, 45));
        Assert.Equal(0, (await LeaseAsync(counter, 100, 1)).Granted);
    }

    [Theory]
    [InlineData(LimitWindow.Minute, 61_000)]
    [InlineData(LimitWindow.Second, 1_100)]
    public async Task In_a_sliding_window_it_is_spent_when_the_death_is_noticed(LimitWindow window, int freesAfterMs)
    {
        var counter = Counter(window);
        await LeaseAsync(counter, 100, 30);
        Time.Advance(TimeSpan.FromMinutes(10));
        await CrashAsync();
        Assert.Equal(new CounterState(30, 0), await ReadAsync(counter));
        Assert.Equal(0, (await LeaseAsync(counter, 100, 71)).Granted);
        Time.Advance(TimeSpan.FromMilliseconds(freesAfterMs));
        Assert.Equal(default, await ReadAsync(counter));
    }

    [Fact]
    public async Task What_was_open_at_the_same_time_is_open_no_more()
    {
        var counter = Counter(LimitWindow.Lifetime, LimitUnit.Concurrent);
        await LeaseAsync(counter, 5, 5);
        Assert.Equal(0, (await LeaseAsync(counter, 5, 1)).Granted);
        await CrashAsync();
        Assert.Equal(default, await ReadAsync(counter));
        Assert.Equal(5, (await LeaseAsync(counter, 5, 5)).Granted);
    }

    [Fact]
    public async Task Late_accounts_of_a_dead_holder_are_taken_and_never_pass_the_limit()
    {
        await LeaseAsync(Lifetime, 100, 80);
        var late = new Settlement(UsageRecords.Of("late", tokens: 70), [new(Now(Lifetime), 100, 70)], []);
        await CrashAsync();
        await Authority.SettleAsync([late], CancellationToken.None);
        await Authority.SettleAsync([late], CancellationToken.None);
        var state = await ReadAsync(Lifetime);
        Assert.InRange(state.Spent, 80, 100);
        Assert.Equal(0, state.Leased);
        Assert.Equal(["late"], await RecordedAsync());
    }

    [Fact]
    public async Task Late_accounts_do_not_touch_what_others_have_leased()
    {
        await LeaseAsync(Lifetime, 100, 60);
        await CrashAsync();
        await LeaseAsync(Lifetime, 100, 40);
        await SettleAsync("mine", Lifetime, 100, 15);
        await SettleAsync("late", [], [new(Now(Lifetime), 100, 60)]);
        Assert.Equal(new CounterState(75, 25), await ReadAsync(Lifetime));
    }

    [Fact]
    public async Task What_a_living_holder_has_leased_is_still_its_own_after_an_outage()
    {
        await LeaseAsync(Lifetime, 100, 60);
        await using (await Store.BreakAsync())
            await Assert.ThrowsAsync<QuotaAuthorityUnavailableException>(() => LeaseAsync());
        Assert.Equal(new CounterState(0, 60), await ReadAsync(Lifetime));
        await SettleAsync("a", Lifetime, 100, 50);
        await ReturnAsync(Lifetime, 100, 10);
        Assert.Equal(new CounterState(50, 0), await ReadAsync(Lifetime));
    }

    [Fact]
    public async Task A_holder_that_gave_everything_back_leaves_only_what_was_spent()
    {
        await SpendAsync("a", Lifetime, 100, 20);
        await LeaseAsync(Lifetime, 100, 30);
        await ReturnAsync(Lifetime, 100, 30);
        await CrashAsync();
        Assert.Equal(new CounterState(20, 0), await ReadAsync(Lifetime));
    }

    [Fact]
    public async Task Crash_after_crash_no_more_is_spent_than_the_limit()
    {
        var settled = 0;
        for (var run = 0; run < 20; run++)
        {
            if ((await LeaseAsync(Lifetime, 100, 10, 40)).Granted >= 10)
                await SettleAsync($"a{settled++:D2}", Lifetime, 100, 10);
            await CrashAsync();
        }
        var state = await ReadAsync(Lifetime);
        Assert.InRange(state.Spent, 91, 100);
        Assert.Equal(0, state.Leased);
        Assert.Equal(settled, (await RecordedAsync()).Count());
    }

    [Fact]
    public async Task A_request_settled_before_a_crash_is_known_after_it()
    {
        await SpendAsync("a", Lifetime, 100, 20);
        await CrashAsync();
        await SettleAsync("a", Lifetime, 100, 20);
        Assert.Equal(new CounterState(20, 0), await ReadAsync(Lifetime));
        Assert.Equal(["a"], await RecordedAsync());
    }
}
