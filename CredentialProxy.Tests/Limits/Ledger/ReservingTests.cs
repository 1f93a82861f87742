using CredentialProxy.Core.Limits;

namespace CredentialProxy.Tests.Limits.Ledger;

/// <summary>Reserving: everything or nothing, against every limit.</summary>
public sealed class ReservingTests : LedgerTest
{
    /// <summary>Nothing is leased ahead, so that what the authority has leased is what is held.</summary>
    protected override QuotaLedgerOptions Options => new() { LeaseShare = 0 };

    [Fact]
    public async Task A_request_must_fit_every_limit_of_every_account_or_holds_nothing_of_any()
    {
        var (wide, narrow, rate) = (Tokens(1_000), Tokens(100, LimitWindow.Day), Requests(50, LimitWindow.Minute));
        var accounts = Ledger.Bind([new(Token, [wide, rate]), new(Project, [narrow])]);
        var first = await ReserveAsync(accounts, 60);
        var shortage = await RefusedAsync(accounts, 60);
        Assert.Equal((Project, narrow), (shortage.Account, shortage.Limit));

        Assert.True(first.Release());
        await PassUntilAsync(Second, async () => await StateAsync(wide) == default && await StateAsync(rate) == default && await StateAsync(Project, narrow) == default, "all is given back");
        var all = await ReserveAsync(accounts, 100);
        Assert.Equal((100, 100, 1), ((await StateAsync(wide)).Leased, (await StateAsync(Project, narrow)).Leased, (await StateAsync(rate)).Leased));
        Assert.True(Settle(all, 100));
        await FlushAsync();
        Assert.Equal((100, 100, 1), ((await StateAsync(wide)).Spent, (await StateAsync(Project, narrow)).Spent, (await StateAsync(rate)).Spent));
    }

    [Fact]
    public async Task The_credential_s_limits_are_held_beside_the_grant_s()
    {
        var credential = AccountId.Credential("one");
        var accounts = Bind(Tokens(1_000));
        var ofCredential = Ledger.Bind([new(credential, [Tokens(100)])]);
        var outcome = await Ledger.ReserveAsync(accounts, ofCredential, new Demand(60, 0), new Owner(), CancellationToken.None);
        Assert.True(Settle(outcome.Reservation!, 50));
        outcome = await Ledger.ReserveAsync(accounts, ofCredential, new Demand(60, 0), new Owner(), CancellationToken.None);
        Assert.Equal((credential, 50), (outcome.Shortage!.Account, outcome.Shortage.Remaining));
        await FlushAsync();
        Assert.Equal((50, 50), ((await StateAsync(Tokens(1_000))).Spent, (await StateAsync(credential, Tokens(100))).Spent));
    }

    [Fact]
    public async Task Each_unit_takes_its_own_amount()
    {
        Limit[] limits = [Tokens(1_000), new(LimitUnit.Usd, 1_000, LimitWindow.Month), Requests(1_000, LimitWindow.Day), Concurrent(1_000)];
        var accounts = Bind([.. limits]);
        var outcome = await Ledger.ReserveAsync(accounts, null, new Demand(300, 200), new Owner(), CancellationToken.None);
        Assert.Equal([new(0, 300), new(0, 200), new(0, 1), new(0, 1)], await Task.WhenAll(limits.Select(StateAsync)));
        Assert.True(Settle(outcome.Reservation!, new Demand(30, 20)));
        await FlushAsync();
        Assert.Equal([30, 20, 1, 0], (await Task.WhenAll(limits.Select(StateAsync))).Select(state => state.Spent));
    }

    [Fact]
    public async Task Of_several_limits_on_one_counter_the_lowest_holds_and_a_request_is_charged_once()
    {
        var accounts = Ledger.Bind([new(Token, [Tokens(500), Tokens(100)]), new(Token, [Tokens(300)])]);
        Assert.Equal(Tokens(100), (await RefusedAsync(accounts, 101)).Limit);
        Assert.True(Settle(await ReserveAsync(accounts, 70), 70));
        await FlushAsync();
        Assert.Equal(70, (await StateAsync(Tokens(100))).Spent);
        Assert.Equal(30, (await RefusedAsync(accounts, 31)).Remaining);
        await SpendAsync(accounts, 30);
    }

    [Fact]
    public async Task A_limit_of_nothing_refuses_even_a_request_that_needs_nothing()
    {
        foreach (var limit in new[] { Tokens(0), Requests(0, LimitWindow.Minute), Concurrent(0), new Limit(LimitUnit.Usd, 0, LimitWindow.Day) })
        {
            var shortage = await RefusedAsync(Bind(limit, Tokens(1_000)), 0);
            Assert.Equal(new LimitShortage(Token, limit, 0, RetryAfter: null, IsTransient: false), shortage);
        }
        Assert.Equal(0, Authority.LeaseCalls);
    }

    [Fact]
    public async Task A_request_without_limits_is_let_through_and_recorded()
    {
        await SpendAsync(Bind(), long.MaxValue);
        Assert.Single(await RecordedAsync());
        Assert.Equal(0, Authority.LeaseCalls);
    }

    [Fact]
    [Trait("threat", "spend-20")]
    public async Task The_largest_amounts_are_held_exactly()
    {
        var limit = Tokens(Limit.MaxAmount);
        var accounts = Bind(limit);
        var half = await ReserveAsync(accounts, Limit.MaxAmount / 2);
        var rest = await ReserveAsync(accounts, (Limit.MaxAmount / 2) + 1);
        await RefusedAsync(accounts, 1);
        Assert.True(Settle(half, Limit.MaxAmount / 2));
        Assert.True(Settle(rest, long.MaxValue));
        await FlushAsync();
        Assert.Equal(new CounterState(Limit.MaxAmount, 0), await StateAsync(limit));
    }

    [Theory]
    [InlineData(-1, 0, 1)]
    [InlineData(0, -1, 1)]
    [InlineData(0, 0, -1)]
    public async Task A_demand_below_nothing_is_a_bug(long tokens, long cost, long requests) => await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
        async () => await Ledger.ReserveAsync(Bind(), null, new Demand(tokens, cost, requests), new Owner(), CancellationToken.None));

    [Theory]
    [InlineData(-1)]
    [InlineData(Limit.MaxAmount + 1)]
    public void A_limit_out_of_range_can_not_be_bound(long amount) => Assert.Throws<ArgumentOutOfRangeException>(() => Bind(Tokens(amount)));

    [Fact]
    public async Task Who_goes_away_while_waiting_holds_nothing()
    {
        var limit = Tokens(100);
        var accounts = Bind(limit);
        var hold = Authority.HoldLeases();
        using var gone = new CancellationTokenSource();
        var waiting = TryReserveAsync(accounts, 100, gone.Token).AsTask();
        await hold.Arrived;
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        hold.Release();
        // The lease comes all the same, to nobody; the next one has it.
        await ReserveAsync(accounts, 100);
        Assert.Equal(1, Ledger.OpenReservations);
    }

    [Fact]
    public async Task Who_has_gone_before_asking_holds_nothing()
    {
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await TryReserveAsync(Bind(Tokens(100)), 100, gone.Token));
        await ReserveAsync(Bind(Tokens(100)), 100);
        Assert.Equal(1, Ledger.OpenReservations);
    }

    [Fact]
    public async Task A_reservation_tells_what_is_left_of_its_tightest_limits()
    {
        var accounts = Ledger.Bind([new(Token, [Tokens(1_000), Requests(10)]), new(Project, [Tokens(500)])]);
        var reservation = await ReserveAsync(accounts, 100);
        Assert.True(reservation.TryGetRemaining(LimitUnit.Tokens, out var tokens));
        Assert.True(reservation.TryGetRemaining(LimitUnit.Requests, out var requests));
        Assert.Equal((400, 9), (tokens, requests));
        Assert.False(reservation.TryGetRemaining(LimitUnit.Usd, out _));
        Assert.True(Settle(reservation, 30));
        Assert.True((await ReserveAsync(accounts, 100)).TryGetRemaining(LimitUnit.Tokens, out tokens));
        Assert.Equal(370, tokens);
    }

    [Fact]
    public async Task Of_a_limit_that_nothing_was_asked_of_yet_nothing_is_told()
    {
        // It takes no tokens, so that the ledger has had no reason to ask how many are left.
        var reservation = await ReserveAsync(Bind(Tokens(1_000), Requests(10)), 0);
        Assert.False(reservation.TryGetRemaining(LimitUnit.Tokens, out _));
        Assert.True(reservation.TryGetRemaining(LimitUnit.Requests, out var requests));
        Assert.Equal(9, requests);
    }
}
