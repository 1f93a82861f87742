using CredentialProxy.Core.Limits;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Limits.Ledger;

/// <summary>What is not needed: given back, and in the end forgotten.</summary>
public sealed class IdlenessTests : LedgerTest
{
    [Fact]
    public async Task What_is_idle_is_given_back()
    {
        var limit = Tokens(1_000);
        var accounts = Bind(limit);
        var open = await ReserveAsync(accounts, 100);
        Assert.Equal(new CounterState(0, 162), await StateAsync(limit));
        Time.Advance(Options.IdleReturn - Ms);
        await Task.Yield();
        Assert.Equal(162, (await StateAsync(limit)).Leased);
        await PassUntilAsync(Second, async () => (await StateAsync(limit)).Leased == 100, "only what is reserved is leased");
        Assert.True(open.Release());
        await PassUntilAsync(Second, async () => (await StateAsync(limit)).Leased == 0, "nothing is leased");
    }

    [Fact]
    public async Task What_a_burst_had_held_is_given_back_though_the_counter_stays_in_use()
    {
        var limit = Tokens(16_000);
        var accounts = Bind(limit);
        var burst = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => ReserveAsync(accounts, 1_500)));
        foreach (var reservation in burst)
            Assert.True(Settle(reservation, 10));
        await FlushAsync();
        Assert.Equal(100, (await StateAsync(limit)).Spent);
        Assert.InRange((await StateAsync(limit)).Leased, 14_000, 16_000);
        // A crash now would cost nearly all of the limit. One small request a second must not keep it so.
        await PassUntilAsync(
            Second,
            async () =>
            {
                Assert.True((await ReserveAsync(accounts, 10)).Release());
                return (await StateAsync(limit)).Leased <= 1_000 + 10;
            },
            "no more is leased than the share of the limit");
        Assert.Equal(1_000, limit.Amount * Options.LeaseShare);
    }

    [Fact]
    public async Task What_requests_need_again_and_again_is_not_given_back_between_them()
    {
        var accounts = Bind(Tokens(1_000));
        await SpendAsync(accounts, 1);
        Assert.True((await ReserveAsync(accounts, 500)).Release());
        var asked = Authority.Requests.Count;
        for (var second = 0; second < 30; second++)
        {
            Assert.True((await ReserveAsync(accounts, 500)).Release());
            await PassASecondAsync(Ledger);
        }
        Assert.DoesNotContain(Authority.Requests.Skip(asked), request => request.Counter.Key.Account == Token);
    }

    [Fact]
    public async Task A_counter_not_used_for_long_is_forgotten_and_found_again()
    {
        var limit = Tokens(1_000);
        var accounts = Bind(limit);
        await SpendAsync(accounts, 100);
        Assert.Equal(1, Ledger.Counters);
        await PassUntilAsync(Second * 10, () => Task.FromResult(Ledger.Counters == 0), "the counter is forgotten");
        await SpendAsync(accounts, 900);
        Assert.Equal(new CounterState(1_000, 0), await StateAsync(limit));
    }

    [Fact]
    public async Task With_all_counters_in_use_further_ones_are_refused_and_served_when_some_are_idle()
    {
        var ledger = NewLedger(Authority, new QuotaLedgerOptions { MaxCounters = 2 });
        BoundAccounts Of(string id) => ledger.Bind([new(AccountId.Token(id), [Tokens(100)])]);
        var first = await ReserveAsync(ledger, Of("a"), 10);
        await ReserveAsync(ledger, Of("b"), 10);
        Assert.True((await TryReserveAsync(ledger, Of("c"), 10)).IsUnavailable);
        await ReserveAsync(ledger, Of("b"), 10);
        Assert.True(first.Release());
        await PassUntilAsync(Second, async () => (await TryReserveAsync(ledger, Of("c"), 10)).Reservation is not null, "a counter that is idle makes room");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task However_much_there_is_to_give_back_no_call_brings_too_much_of_it_and_all_of_it_is(bool hasExpired)
    {
        const int Many = 2_500;
        await UseAsync(Many);
        Assert.All(Authority.Sizes, size => Assert.Equal(0, size.Returns));

        // At once in either case, without any time that passes.
        if (hasExpired)
            Authority.TellExpired();
        else
            await Ledger.DisposeAsync();

        await Product.EventuallyAsync(() => Task.FromResult(Authority.Sizes.Sum(size => size.Returns) == Many), "all of it is given back");
        Assert.InRange(Authority.Sizes.Max(size => size.Returns), 1, 1_000);
    }

    [Fact]
    public async Task Nobody_waits_for_all_of_it()
    {
        await UseAsync(3_500);
        var calls = Authority.LeaseCalls;
        var hold = Authority.HoldLeases();
        Authority.TellExpired();
        await hold.Arrived;

        // While the first part of it is given back.
        var reserving = ReserveAsync(Bind(Tokens(1_000)), 1);
        hold.Release();
        await reserving;

        Assert.Equal(1_000, Authority.Sizes.Skip(calls).TakeWhile(size => size.Requests == 0).Sum(size => size.Returns));
    }

    private Task UseAsync(int counters) => Task.WhenAll(Enumerable.Range(0, counters).Select(async number =>
        Assert.True((await ReserveAsync(Ledger.Bind([new AccountLimits(AccountId.Token($"{number}"), [Concurrent(5)])]), 0)).Release())));
}
