using CredentialProxy.Core.Limits;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Limits.Ledger;

/// <summary>Leases: taken ahead of need, small near the limit, given back when they are not needed.</summary>
public sealed class LeasingTests : LedgerTest
{
    [Fact]
    public async Task What_fits_into_a_lease_asks_nobody()
    {
        var accounts = Bind(Tokens(100_000));
        for (var request = 0; request < 10; request++)
            Assert.True(Settle(await ReserveAsync(accounts, 100), 100));
        var calls = Authority.LeaseCalls;
        Assert.InRange(calls, 1, 6);
        Authority.CannotLease = true;
        var outcome = TryReserveAsync(accounts, 1);
        Assert.True(outcome.IsCompletedSuccessfully);
        Assert.NotNull((await outcome).Reservation);
        Assert.Equal(calls, Authority.LeaseCalls);
    }

    [Fact]
    public async Task Leases_grow_while_they_do_not_last()
    {
        var accounts = Bind(Tokens(1_000_000));
        for (var request = 0; request < 200; request++)
            Assert.True(Settle(await ReserveAsync(accounts, 10), 10));
        var wanted = Authority.Requests.Select(request => request.Want - request.Need).ToList();
        Assert.InRange(wanted.Count, 2, 20);
        Assert.Equal(10, wanted[0]);
        Assert.True(wanted[^1] >= 80, $"the last lease ahead was of {wanted[^1]}");
    }

    [Fact]
    public async Task No_more_is_leased_ahead_than_the_share_of_the_limit()
    {
        var limit = Tokens(1_600);
        var accounts = Bind(limit);
        for (var request = 0; request < 30; request++)
        {
            var reservation = await ReserveAsync(accounts, 10);
            Assert.InRange((await StateAsync(limit)).Leased, 10, 10 + 100);
            Assert.True(Settle(reservation, 10));
            await FlushAsync();
        }
        Assert.All(Authority.Requests, request => Assert.InRange(request.Want - request.Need, 0, 100));
    }

    [Fact]
    public async Task The_next_lease_is_asked_for_before_the_last_is_used_up()
    {
        var accounts = Bind(Tokens(1_000_000));
        await ReserveAsync(accounts, 100); // and as much ahead, of which a quarter is the mark to refill at
        await ReserveAsync(accounts, 75);
        Assert.Equal(1, Authority.LeaseCalls);
        await ReserveAsync(accounts, 1);
        await EventuallyAsync(() => Authority.LeaseCalls == 2, "more is asked for, for nobody yet");
        Assert.Equal((1, 200), (Authority.Requests[^1].Need, Authority.Requests[^1].Want));
        await Product.EventuallyAsync(async () => (await StateAsync(Tokens(1_000_000))).Leased == 400, "it is granted");
        Assert.True(TryReserveAsync(accounts, 200).AsTask().IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Near_the_limit_leases_shrink_to_single_reservations_and_the_last_token_is_used()
    {
        var limit = Tokens(1_000);
        var accounts = Bind(limit);
        var spent = 0;
        while ((await TryReserveAsync(accounts, 7)).Reservation is { } reservation)
        {
            Assert.True(Settle(reservation, 7));
            spent += 7;
        }
        Assert.Equal(994, spent);
        await FlushAsync();
        await SpendAsync(accounts, 6);
        Assert.Equal(new CounterState(1_000, 0), await StateAsync(limit));
        await RefusedAsync(accounts, 1);
    }

    [Fact]
    public async Task With_no_share_every_request_is_leased_by_itself()
    {
        var limit = Tokens(1_000);
        var ledger = NewLedger(Authority, new QuotaLedgerOptions { LeaseShare = 0 });
        var accounts = ledger.Bind(OnToken(limit));
        await ReserveAsync(ledger, accounts, 10);
        await ReserveAsync(ledger, accounts, 20);
        Assert.Equal(30, (await StateAsync(limit)).Leased);
    }

    [Fact]
    public async Task Limits_of_several_grants_on_one_counter_do_not_starve_each_other()
    {
        // The same project bound with its own limit, and with a tighter one that a claim states.
        var (own, claimed) = (Bind(Tokens(1_000)), Bind(Tokens(900)));
        Assert.True((await ReserveAsync(own, 800)).Release());
        Assert.Equal(850, (await StateAsync(Tokens(1_000))).Leased);
        var reservation = await ReserveAsync(claimed, 800);
        Assert.True(Settle(reservation, 800));
        await FlushAsync();
        Assert.Equal(100, (await ReserveAsync(claimed, 100)).Held.Tokens);
        Assert.Equal(100, (await ReserveAsync(own, 100)).Held.Tokens);
        await RefusedAsync(own, 1);
    }
}
