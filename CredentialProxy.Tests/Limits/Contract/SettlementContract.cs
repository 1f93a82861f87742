using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Usage;

namespace CredentialProxy.Tests.Limits.Contract;

/// <summary>Settlements: what was leased becomes spent, once, with its record, and never more than the limit.</summary>
public abstract class SettlementContract(Func<TimeProvider, Task<IQuotaStore>> createStore) : AuthorityContract(createStore)
{
    [Fact]
    public async Task What_is_settled_is_spent_and_the_rest_stays_leased()
    {
        await LeaseAsync(Lifetime, 100, 60);
        await SettleAsync("a", Lifetime, 100, 25);
        Assert.Equal(new CounterState(25, 35), await ReadAsync(Lifetime));
        await SettleAsync("b", Lifetime, 100, 35);
        Assert.Equal(new CounterState(60, 0), await ReadAsync(Lifetime));
        Assert.Equal(["a", "b"], await RecordedAsync());
    }

    [Fact]
    [Trait("threat", "fault-4")]
    public async Task A_request_is_charged_once_however_often_it_is_settled()
    {
        await LeaseAsync(Lifetime, 100, 60);
        var once = new Settlement(UsageRecords.Of("a"), [new(Now(Lifetime), 100, 20)], []);
        await Authority.SettleAsync([once, once], CancellationToken.None);
        await Authority.SettleAsync([once], CancellationToken.None);
        await SettleAsync("a", [new(Now(Lifetime), 100, 30)], [new(Now(Lifetime), 100, 10)]);
        Assert.Equal(new CounterState(20, 40), await ReadAsync(Lifetime));
        Assert.Equal(["a"], await RecordedAsync());
    }

    [Fact]
    public async Task One_settlement_charges_every_counter_of_its_request()
    {
        var project = Counter(LimitWindow.Day, LimitUnit.Usd, "project:one");
        var minute = Counter(LimitWindow.Minute, LimitUnit.Requests);
        await LeaseAsync(Lifetime, 100, 60);
        await LeaseAsync(project, 1_000, 500);
        await LeaseAsync(minute, 10, 1);
        await SettleAsync("a", [new(Now(Lifetime), 100, 7), new(Now(project), 1_000, 420), new(Now(minute), 10, 1)]);
        Assert.Equal([new(7, 53), new(420, 80), new(1, 0)], await Authority.ReadAsync([Lifetime, project, minute], CancellationToken.None));
    }

    [Fact]
    public async Task An_excess_is_taken_from_what_the_limit_has_left_and_never_from_the_lease()
    {
        await LeaseAsync(Lifetime, 100, 60);
        await SettleAsync("a", [new(Now(Lifetime), 100, 50)], [new(Now(Lifetime), 100, 15)]);
        Assert.Equal(new CounterState(65, 10), await ReadAsync(Lifetime));
    }

    [Fact]
    public async Task What_not_even_the_limit_covers_is_kept_in_the_record_and_never_spent()
    {
        await LeaseAsync(Lifetime, 100, 60);
        await Authority.SettleAsync([new(UsageRecords.Of("a", tokens: 5_000), [new(Now(Lifetime), 100, 50)], [new(Now(Lifetime), 100, 4_950)])], CancellationToken.None);
        Assert.Equal(new CounterState(90, 10), await ReadAsync(Lifetime));
        await SettleAsync("b", Lifetime, 100, 10);
        Assert.Equal(new CounterState(100, 0), await ReadAsync(Lifetime));
        Assert.Equal(5_000, (await Store.RecordsAsync())[0].InputTokens);
    }

    [Fact]
    public async Task A_charge_beyond_its_lease_counts_as_an_excess()
    {
        await LeaseAsync(Lifetime, 100, 60);
        await SettleAsync("a", Lifetime, 100, 70);
        Assert.Equal(new CounterState(70, 0), await ReadAsync(Lifetime));
        await SettleAsync("b", Lifetime, 100, 70);
        Assert.Equal(new CounterState(100, 0), await ReadAsync(Lifetime));
        Assert.Equal(0, (await LeaseAsync(Lifetime, 100, 1)).Granted);
    }

    [Fact]
    public async Task A_lease_under_one_limit_does_not_pay_for_a_charge_under_another()
    {
        await LeaseAsync(Lifetime, 100, 60);
        await LeaseAsync(Lifetime, 200, 50);
        await SettleAsync("a", Lifetime, 100, 75);
        Assert.Equal(new CounterState(60, 50), await ReadAsync(Lifetime));
        await SettleAsync("b", Lifetime, 200, 50);
        Assert.Equal(new CounterState(110, 0), await ReadAsync(Lifetime));
    }

    [Fact]
    public async Task Under_a_limit_that_was_lowered_nothing_more_is_spent_than_was_leased()
    {
        await SpendAsync("a", Lifetime, 100, 80);
        await SettleAsync("b", [], [new(Now(Lifetime), 50, 10)]);
        Assert.Equal(new CounterState(80, 0), await ReadAsync(Lifetime));
        Assert.Equal(0, (await LeaseAsync(Lifetime, 50, 1)).Granted);
    }

    [Theory]
    [InlineData(LimitWindow.Lifetime)]
    [InlineData(LimitWindow.Minute)]
    public async Task However_much_upstreams_claim_at_once_no_sum_overflows(LimitWindow window)
    {
        var counter = Counter(window);
        await LeaseAsync(counter, 100, 60);
        var many = Enumerable.Range(0, 1_100).Select(index =>
            new Settlement(UsageRecords.Of($"a{index:D4}"), [new(Now(counter), 100, Limit.MaxAmount)], [new(Now(counter), 100, Limit.MaxAmount)]));
        await Authority.SettleAsync([.. many], CancellationToken.None);
        Assert.Equal(new CounterState(100, 0), await ReadAsync(counter));
        await SettleAsync("b", counter, 100, Limit.MaxAmount);
        Assert.Equal(new CounterState(100, 0), await ReadAsync(counter));
    }

    [Fact]
    public async Task A_settlement_can_not_give_back_what_was_spent()
    {
        await SpendAsync("a", Lifetime, 100, 60);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => SettleAsync("b", Lifetime, 100, -10));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => SettleAsync("c", [], [new(Now(Lifetime), 100, -10)]));
        Assert.Equal(new CounterState(60, 0), await ReadAsync(Lifetime));
        Assert.Equal(["a"], await RecordedAsync());
    }

    [Fact]
    public async Task A_call_that_fails_has_recorded_and_charged_nothing_and_can_be_repeated()
    {
        await LeaseAsync(Lifetime, 100, 60);
        await using (await Store.BreakAsync())
            await Assert.ThrowsAsync<QuotaAuthorityUnavailableException>(() => SettleAsync("a", Lifetime, 100, 20));
        Assert.Empty(await RecordedAsync());
        Assert.Equal(new CounterState(0, 60), await ReadAsync(Lifetime));
        await SettleAsync("a", Lifetime, 100, 20);
        Assert.Equal(new CounterState(20, 40), await ReadAsync(Lifetime));
        Assert.Equal(["a"], await RecordedAsync());
    }

    [Fact]
    public async Task A_request_without_limits_leaves_its_record_all_the_same()
    {
        await SettleAsync("a", []);
        Assert.Equal(["a"], await RecordedAsync());
    }

    [Fact]
    public async Task A_record_is_kept_whole()
    {
        var usage = new TokenUsage { InputTokens = 1, CachedInputTokens = 2, CacheWriteTokens = 3, CacheWriteHourTokens = 4, OutputTokens = 5, ReasoningTokens = 6 };
        await Authority.SettleAsync(
            [
                new(new UsageRecord
                {
                    RequestId = "full", Time = DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_123), TokenId = "tok_ö", ProjectId = "project", CredentialId = "cred",
                    Provider = "anthropic", Model = new string('m', 600), Endpoint = "messages", StatusCode = 200, Usage = usage, CostMicroUsd = 7,
                    Marks = UsageMarks.Estimated | UsageMarks.Overrun, DurationMs = 8, TraceId = "0af7651916cd43dd8448eb211c80319c", SpanId = "b7ad6b7169203331",
                }, [], []),
            ],
            CancellationToken.None);
        var row = Assert.Single(await Store.RecordsAsync());
        Assert.Equal(("full", 1_800_000_000_123, "tok_ö", "project", "cred"), (row.RequestId, row.TimeMs, row.TokenId, row.ProjectId, row.CredentialId));
        Assert.Equal(("anthropic", new string('m', 600), "messages", 200), (row.Provider, row.Model, row.Endpoint, row.StatusCode));
        Assert.Equal((1, 2, 7, 5, 6), (row.InputTokens, row.CachedInputTokens, row.CacheWriteTokens, row.OutputTokens, row.ReasoningTokens));
        Assert.Equal((7, (int)(UsageMarks.Estimated | UsageMarks.Overrun), 8, "0af7651916cd43dd8448eb211c80319c"), (row.CostMicroUsd, row.Marks, row.DurationMs, row.TraceId));
    }

    [Fact]
    public async Task What_a_record_does_not_have_does_not_cost_it_its_place()
    {
        var record = UsageRecords.Of("bare") with { ProjectId = null, Model = "", CredentialId = "", Endpoint = "" };
        await LeaseAsync(Lifetime, 100, 60);
        await Authority.SettleAsync([new(record, [new(Now(Lifetime), 100, 20)], [])], CancellationToken.None);
        var row = Assert.Single(await Store.RecordsAsync());
        Assert.Equal((null, "", "", ""), (row.ProjectId, row.Model, row.CredentialId, row.Endpoint));
        Assert.Equal(new CounterState(20, 40), await ReadAsync(Lifetime));
    }

    [Fact]
    public async Task Figures_out_of_this_world_are_kept_within_it()
    {
        var usage = new TokenUsage { InputTokens = long.MaxValue, OutputTokens = -5, CacheWriteTokens = long.MaxValue, CacheWriteHourTokens = long.MaxValue };
        await Authority.SettleAsync([new(UsageRecords.Of("a") with { Usage = usage, CostMicroUsd = long.MaxValue }, [], [])], CancellationToken.None);
        var row = Assert.Single(await Store.RecordsAsync());
        Assert.Equal((Limit.MaxAmount, 0, Limit.MaxAmount, Limit.MaxAmount), (row.InputTokens, row.OutputTokens, row.CacheWriteTokens, row.CostMicroUsd));
    }
}
