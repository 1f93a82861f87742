using CredentialProxy.Core.Limits;

namespace CredentialProxy.Tests.Limits.Contract;

/// <summary>What resetting a counter does to what is spent, and what it must not do to what is leased.</summary>
public abstract class ResetContract(Func<TimeProvider, Task<IQuotaStore>> createStore) : AuthorityContract(createStore)
{
    [Theory]
    [InlineData(LimitWindow.Lifetime)]
    [InlineData(LimitWindow.Month)]
    [InlineData(LimitWindow.Day)]
    [InlineData(LimitWindow.Hour)]
    public async Task A_reset_gives_back_what_was_spent_and_no_more(LimitWindow window)
    {
        var counter = Counter(window);
        await SpendAsync("r1", counter, limit: 100, amount: 60);
        Assert.Equal(30, (await LeaseAsync(counter, limit: 100, need: 30)).Granted);

        await ResetAsync(counter);

        Assert.Equal(new CounterState(0, 30), await ReadAsync(counter));
        // What is leased still counts: 30 of the 100 are out.
        Assert.Equal(0, (await LeaseAsync(counter, limit: 100, need: 71)).Granted);
        Assert.Equal(70, (await LeaseAsync(counter, limit: 100, need: 70)).Granted);
        await SettleAsync("r2", counter, limit: 100, amount: 30);
        Assert.Equal(new CounterState(30, 70), await ReadAsync(counter));
    }

    [Fact]
    public async Task A_reset_can_be_repeated_and_touches_no_other_counter()
    {
        var (other, usd) = (Counter(LimitWindow.Lifetime, account: "token:two"), Counter(LimitWindow.Lifetime, LimitUnit.Usd));
        foreach (var (counter, i) in new[] { Lifetime, other, usd, Counter(LimitWindow.Day) }.Select((counter, i) => (counter, i)))
        {
            await SpendAsync($"r{i}", counter, limit: 10, amount: 4);
        }
        await ResetAsync(Lifetime);
        await ResetAsync(Lifetime);
        await ResetAsync(Counter(LimitWindow.Month, account: "token:never-seen"));
        Assert.Equal([0, 4, 4, 4], (await Authority.ReadAsync([Lifetime, other, usd, Counter(LimitWindow.Day)], CancellationToken.None)).Select(state => state.Spent));
        // The request is known as before: settled again, it charges nothing.
        await SettleAsync("r0", Lifetime, limit: 10, amount: 4);
        Assert.Equal(new CounterState(0, 0), await ReadAsync(Lifetime));
    }

    [Theory]
    [InlineData(LimitWindow.Minute, LimitUnit.Tokens)]
    [InlineData(LimitWindow.Second, LimitUnit.Requests)]
    [InlineData(LimitWindow.Lifetime, LimitUnit.Concurrent)]
    public async Task What_frees_itself_can_t_be_reset(LimitWindow window, LimitUnit unit) =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => ResetAsync(Counter(window, unit)));

    private Task ResetAsync(CounterKey counter) => Authority.ResetAsync(counter, CancellationToken.None).AsTask();
}
