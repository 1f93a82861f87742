using CredentialProxy.Core.Limits;

namespace CredentialProxy.Tests.Limits.Ledger;

/// <summary>What a refusal says: which limit, how much is left, and when to come again.</summary>
public sealed class ShortageTests : LedgerTest
{
    protected override QuotaLedgerOptions Options => new() { LeaseShare = 0 };

    [Fact]
    public async Task What_is_spent_of_a_lifetime_never_comes_back()
    {
        var accounts = Bind(Tokens(100));
        await SpendAsync(accounts, 70);
        Assert.Equal(new LimitShortage(Token, Tokens(100), 30, RetryAfter: null, IsTransient: false), await RefusedAsync(accounts, 31));
    }

    [Theory]
    [InlineData(LimitWindow.Lifetime)]
    [InlineData(LimitWindow.Month)]
    [InlineData(LimitWindow.Hour)]
    [InlineData(LimitWindow.Minute)]
    public async Task What_open_requests_hold_may_come_back_soon(LimitWindow window)
    {
        var accounts = Bind(Tokens(100, window));
        await SpendAsync(accounts, 20);
        await ReserveAsync(accounts, 30);
        Assert.Equal(new LimitShortage(Token, Tokens(100, window), 50, RetryAfter: Second, IsTransient: true), await RefusedAsync(accounts, 80));
    }

    [Theory]
    [InlineData(LimitWindow.Month)]
    [InlineData(LimitWindow.Day)]
    [InlineData(LimitWindow.Hour)]
    public async Task A_calendar_window_s_end_is_when_to_come_again(LimitWindow window)
    {
        var accounts = Bind(Tokens(100, window));
        await SpendAsync(accounts, 70);
        Time.Advance(TimeSpan.FromMinutes(29) + Ms);
        var shortage = await RefusedAsync(accounts, 31);
        Assert.Equal((30, TimeSpan.FromMinutes(1) - Ms, false), (shortage.Remaining, shortage.RetryAfter, shortage.IsTransient));
        Time.Advance(shortage.RetryAfter!.Value - Ms);
        Assert.Equal(Ms, (await RefusedAsync(accounts, 31)).RetryAfter);
        Time.Advance(Ms);
        await ReserveAsync(accounts, 100);
    }

    [Theory]
    [InlineData(LimitWindow.Minute, 61_000, 7_300)]
    [InlineData(LimitWindow.Second, 1_100, 340)]
    public async Task A_sliding_window_has_room_at_the_moment_it_says(LimitWindow window, int lengthMs, int laterMs)
    {
        var accounts = Bind(Tokens(100, window));
        await SpendAsync(accounts, 40);
        Time.Advance(Ms * laterMs);
        await SpendAsync(accounts, 50);
        var shortage = await RefusedAsync(accounts, 50);
        Assert.Equal((10, Ms * (lengthMs - laterMs), false), (shortage.Remaining, shortage.RetryAfter, shortage.IsTransient));
        Time.Advance(shortage.RetryAfter!.Value - Ms);
        Assert.Equal(Ms, (await RefusedAsync(accounts, 50)).RetryAfter);
        Time.Advance(Ms);
        await ReserveAsync(accounts, 50);
    }

    [Fact]
    public async Task Of_requests_refused_together_each_hears_when_there_is_room_for_itself()
    {
        var accounts = Bind(Tokens(100, LimitWindow.Minute));
        await SpendAsync(accounts, 40);
        Time.Advance(Second * 10);
        await SpendAsync(accounts, 50);
        var hold = Authority.HoldLeases();
        var first = TryReserveAsync(Ledger.Bind([new(Project, [Requests(1)])]), 0).AsTask();
        await hold.Arrived;
        var together = new long[] { 90, 11, 10, 60 }.Select(tokens => TryReserveAsync(accounts, tokens).AsTask()).ToList();
        hold.Release();
        Assert.NotNull((await first).Reservation);
        var outcomes = await Task.WhenAll(together);
        Assert.Equal([Second * 61, Second * 51, null, Second * 61], outcomes.Select(outcome => outcome.Shortage?.RetryAfter));
        Assert.NotNull(outcomes[2].Reservation);
    }

    [Fact]
    public async Task Of_several_limits_the_one_that_keeps_it_longest_is_told()
    {
        var limits = new[] { Tokens(50, LimitWindow.Second), Tokens(60, LimitWindow.Minute), Tokens(70, LimitWindow.Hour), Tokens(80, LimitWindow.Lifetime) };
        var accounts = Bind([.. limits]);
        await SpendAsync(accounts, 45);
        Assert.Equal(limits[0], (await RefusedAsync(accounts, 10)).Limit);
        Assert.Equal(limits[1], (await RefusedAsync(accounts, 20)).Limit);
        Assert.Equal(limits[2], (await RefusedAsync(accounts, 30)).Limit);
        Assert.Equal(limits[3], (await RefusedAsync(accounts, 40)).Limit);
    }

    [Fact]
    public async Task A_place_among_the_open_requests_comes_free_soon()
    {
        var accounts = Bind(Concurrent(2));
        var one = await ReserveAsync(accounts, 0);
        await ReserveAsync(accounts, 0);
        Assert.Equal(new LimitShortage(Token, Concurrent(2), 0, RetryAfter: Second, IsTransient: true), await RefusedAsync(accounts, 0));
        Assert.True(Settle(one, 5));
        await ReserveAsync(accounts, 0);
        Assert.Equal(0, (await StateAsync(Concurrent(2))).Spent);
    }

    [Theory]
    [InlineData(LimitWindow.Lifetime)]
    [InlineData(LimitWindow.Minute)]
    public async Task A_request_larger_than_the_limit_need_never_come_again(LimitWindow window)
    {
        var limit = Tokens(100, window);
        var accounts = Bind(limit);
        Assert.Equal(new LimitShortage(Token, limit, 100, RetryAfter: null, IsTransient: false), await RefusedAsync(accounts, 101));
        await SpendAsync(accounts, 30);
        Assert.Equal(new LimitShortage(Token, limit, 70, RetryAfter: null, IsTransient: false), await RefusedAsync(accounts, 101));
    }

    [Fact]
    public async Task A_request_larger_than_the_limit_hears_of_the_present_window()
    {
        var limit = Tokens(100, LimitWindow.Hour);
        var accounts = Bind(limit);
        await SpendAsync(accounts, 90);
        Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(100, (await RefusedAsync(accounts, 101)).Remaining);
    }
}
