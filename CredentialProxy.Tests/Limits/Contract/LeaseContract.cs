using CredentialProxy.Core.Limits;

namespace CredentialProxy.Tests.Limits.Contract;

/// <summary>Leases: what is granted, what is refused, what is given back.</summary>
public abstract class LeaseContract(Func<TimeProvider, Task<IQuotaStore>> createStore) : AuthorityContract(createStore)
{
    [Fact]
    public async Task Whatever_is_asked_for_grants_never_pass_the_limit()
    {
        var granted = 0L;
        foreach (var want in new long[] { 50, 1_000, 7, Limit.MaxAmount, 1, 100, 1, 1 })
        {
            var answer = await LeaseAsync(Lifetime, 100, 1, want);
            granted += answer.Granted;
            Assert.Equal(new LeaseAnswer(answer.Granted, Spent: 0, granted), answer);
            Assert.InRange(granted, 1, 100);
        }
        Assert.Equal(new CounterState(0, granted), await ReadAsync(Lifetime));
    }

    [Fact]
    public async Task Of_many_who_ask_at_once_only_as_many_are_served_as_the_limit_has_room_for()
    {
        var (authority, request) = (Authority, new LeaseRequest[] { new(Now(Lifetime), 100, 7, 7) });
        var calls = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(async () => await authority.LeaseAsync(default, request, CancellationToken.None))));
        var answers = calls.Select(call => call[0]).ToList();
        Assert.Equal(14, answers.Count(answer => answer.Granted == 7));
        Assert.Equal(36, answers.Count(answer => answer.Granted == 0));
        Assert.Equal(new CounterState(0, 98), await ReadAsync(Lifetime));
    }

    [Fact]
    public async Task A_need_is_granted_whole_or_not_at_all()
    {
        await SpendAsync("a", Lifetime, 100, 25);
        await LeaseAsync(Lifetime, 100, 35);
        Assert.Equal(new LeaseAnswer(0, Spent: 25, Leased: 35), await LeaseAsync(Lifetime, 100, 41));
        Assert.Equal(new LeaseAnswer(40, Spent: 25, Leased: 75), await LeaseAsync(Lifetime, 100, 40));
        Assert.Equal(new LeaseAnswer(0, Spent: 25, Leased: 75), await LeaseAsync(Lifetime, 100, 1));
    }

    [Theory]
    [InlineData(100, 0, 10, 10, 10)] // no more than is wanted
    [InlineData(100, 0, 10, 20, 20)]
    [InlineData(100, 0, 10, 1_000, 32)] // a quarter of the 90 that stay free
    [InlineData(100, 80, 10, 1_000, 12)]
    [InlineData(100, 90, 10, 1_000, 10)] // the last of it to the one in need
    [InlineData(100, 95, 10, 1_000, 0)]
    public async Task Ahead_of_need_goes_a_part_of_what_stays_free(long limit, long spent, long need, long want, long granted)
    {
        if (spent > 0)
            await SpendAsync("a", Lifetime, limit, spent);
        Assert.Equal(granted, (await LeaseAsync(Lifetime, limit, need, want)).Granted);
    }

    [Fact]
    public async Task Requests_of_one_call_are_granted_each_by_itself_and_in_order()
    {
        var counter = Now(Lifetime);
        var answers = await LeaseAsync(new LeaseRequest(counter, 100, 60, 60), new(counter, 100, 50, 50), new(counter, 100, 40, 40), new(counter, 100, 1, 1));
        Assert.Equal([60, 0, 40, 0], answers.Select(answer => answer.Granted));
        Assert.Equal([60, 60, 100, 100], answers.Select(answer => answer.Leased));
    }

    [Fact]
    public async Task Returns_of_a_call_make_room_for_its_requests()
    {
        var counter = Now(Lifetime);
        await LeaseAsync(counter, 100, 100);
        var answers = await Authority.LeaseAsync(new LeaseAmount[] { new(counter, 100, 30) }, new LeaseRequest[] { new(counter, 100, 30, 30) }, CancellationToken.None);
        Assert.Equal(new LeaseAnswer(30, Spent: 0, Leased: 100), answers[0]);
    }

    [Fact]
    public async Task Only_what_is_leased_can_be_returned()
    {
        await LeaseAsync(Lifetime, 100, 40);
        await ReturnAsync(Lifetime, 200, 10); // leased under another limit
        await ReturnAsync(Counter(LimitWindow.Day), 100, 10); // never leased
        Assert.Equal(40, (await ReadAsync(Lifetime)).Leased);
        await ReturnAsync(Lifetime, 100, 15);
        Assert.Equal(25, (await ReadAsync(Lifetime)).Leased);
        await ReturnAsync(Lifetime, 100, 1_000);
        Assert.Equal(default, await ReadAsync(Lifetime));
        await SpendAsync("a", Lifetime, 100, 100);
    }

    [Theory]
    [InlineData(LimitWindow.Lifetime)]
    [InlineData(LimitWindow.Day)]
    [InlineData(LimitWindow.Minute)]
    public async Task A_limit_of_nothing_grants_nothing(LimitWindow window)
    {
        Assert.Equal(0, (await LeaseAsync(Counter(window), 0, 1, 100)).Granted);
        Assert.Equal(default, await ReadAsync(Counter(window)));
    }

    [Fact]
    public async Task Accounts_units_and_windows_do_not_share_what_they_count()
    {
        CounterKey[] counters =
        [
            Lifetime, Counter(LimitWindow.Lifetime, account: "token:two"), Counter(LimitWindow.Lifetime, account: "project:one"),
            Counter(LimitWindow.Lifetime, LimitUnit.Usd), Counter(LimitWindow.Lifetime, LimitUnit.Requests), Counter(LimitWindow.Lifetime, LimitUnit.Concurrent),
            Counter(LimitWindow.Month), Counter(LimitWindow.Day), Counter(LimitWindow.Hour), Counter(LimitWindow.Minute), Counter(LimitWindow.Second),
        ];
        for (var index = 0; index < counters.Length; index++)
            Assert.Equal(10 + index, (await LeaseAsync(counters[index], 10 + index, 10 + index)).Leased);
        var states = await Authority.ReadAsync(counters, CancellationToken.None);
        Assert.Equal(counters.Select((_, index) => new CounterState(0, 10 + index)), states);
    }

    [Fact]
    public async Task Two_limits_on_one_counter_share_what_is_spent_and_leased_of_it()
    {
        await SpendAsync("a", Lifetime, 100, 30);
        await LeaseAsync(Lifetime, 100, 30);
        Assert.Equal(0, (await LeaseAsync(Lifetime, 70, 11)).Granted);
        Assert.Equal(new LeaseAnswer(10, Spent: 30, Leased: 40), await LeaseAsync(Lifetime, 70, 10));
        Assert.Equal(0, (await LeaseAsync(Lifetime, 50, 1)).Granted);
        Assert.Equal(30, (await LeaseAsync(Lifetime, 100, 30)).Granted);
    }

    [Fact]
    public async Task The_largest_amounts_are_counted_exactly()
    {
        const long Most = Limit.MaxAmount;
        Assert.Equal(new LeaseAnswer(1, 0, 1), await LeaseAsync(Lifetime, Most, 1));
        Assert.Equal(0, (await LeaseAsync(Lifetime, Most, Most)).Granted);
        Assert.Equal(new LeaseAnswer(Most - 1, 0, Most), await LeaseAsync(Lifetime, Most, Most - 1, Most));
        Assert.Equal(0, (await LeaseAsync(Lifetime, Most, 1, Most)).Granted);
        await SettleAsync("a", Lifetime, Most, Most);
        Assert.Equal(new CounterState(Most, 0), await ReadAsync(Lifetime));
    }

    [Theory]
    [InlineData(100, 0, 0)]
    [InlineData(100, -1, 5)]
    [InlineData(100, 10, 9)]
    [InlineData(100, 10, Limit.MaxAmount + 1)]
    [InlineData(-1, 10, 10)]
    [InlineData(Limit.MaxAmount + 1, 10, 10)]
    public async Task A_request_that_makes_no_sense_is_a_bug_and_said_to_be_one(long limit, long need, long want) =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => LeaseAsync(new LeaseRequest(Now(Lifetime), limit, need, want)));

    [Fact]
    public async Task Nothing_is_gained_by_returning_less_than_nothing()
    {
        await LeaseAsync(Lifetime, 100, 10);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => ReturnAsync(Lifetime, 100, -5));
        Assert.Equal(10, (await ReadAsync(Lifetime)).Leased);
    }

    [Fact]
    public async Task A_call_that_fails_has_changed_nothing()
    {
        var counter = Now(Lifetime);
        await LeaseAsync(counter, 100, 40);
        await using (await Store.BreakAsync())
        {
            await Assert.ThrowsAsync<QuotaAuthorityUnavailableException>(() => LeaseAsync(Lifetime, 100, 10));
            await Assert.ThrowsAsync<QuotaAuthorityUnavailableException>(() => ReturnAsync(Lifetime, 100, 10));
        }
        Assert.Equal(new CounterState(0, 40), await ReadAsync(Lifetime));
        Assert.Equal(60, (await LeaseAsync(counter, 100, 60)).Granted);
    }

    [Fact]
    public async Task A_call_with_nothing_in_it_tells_whether_the_accounts_can_be_written()
    {
        await LeaseAsync();
        await using (await Store.BreakAsync())
            await Assert.ThrowsAsync<QuotaAuthorityUnavailableException>(() => LeaseAsync());
        Assert.Empty(await LeaseAsync());
    }

    [Fact]
    public async Task A_call_that_is_cancelled_before_it_begins_does_nothing()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        var request = new LeaseRequest[] { new(Now(Lifetime), 100, 10, 10) };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Authority.LeaseAsync(default, request, cancelled.Token));
        Assert.Equal(default, await ReadAsync(Lifetime));
    }
}
