using CredentialProxy.Core.Limits;

namespace CredentialProxy.Tests.Limits.Ledger;

/// <summary>An authority that can't be reached: what is leased may still be spent for a while, nothing else is let through, nothing settled is lost.</summary>
public sealed class OutageTests : LedgerTest
{
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(20);

    protected override QuotaLedgerOptions Options => new() { OutageTolerance = Tolerance, MaxSettleDelay = TimeSpan.FromSeconds(40) };

    [Fact]
    public async Task A_short_outage_is_ridden_out_within_leases_and_a_long_one_is_not()
    {
        var limit = Tokens(1_000);
        var accounts = Bind(limit);
        await SpendAsync(accounts, 100); // leases 62 more
        Authority.Sever();
        Assert.True((await TryReserveAsync(accounts, 500)).IsUnavailable); // beyond the lease: notices the outage
        Assert.True(Settle(await ReserveAsync(accounts, 10), 10));
        Time.Advance(Tolerance - Ms);
        Assert.True(Settle(await ReserveAsync(accounts, 10), 10));
        Assert.True((await TryReserveAsync(accounts, 500)).IsUnavailable);
        Time.Advance(Ms);
        Assert.True((await TryReserveAsync(accounts, 10)).IsUnavailable);

        Authority.CannotLease = Authority.CannotSettle = false;
        await PassUntilAsync(Second / 10, async () => (await TryReserveAsync(accounts, 10)).Reservation is not null, "requests are let through again");
        await FlushAsync();
        Assert.Equal(120, (await StateAsync(limit)).Spent);
        Assert.Equal(3, (await RecordedAsync()).Count);
    }

    [Fact]
    public async Task With_no_tolerance_nothing_is_let_through_once_a_write_has_failed()
    {
        var ledger = NewLedger(Authority, new QuotaLedgerOptions());
        var accounts = ledger.Bind(OnToken(Tokens(1_000)));
        var open = await ReserveAsync(ledger, accounts, 100);
        Authority.CannotSettle = true;
        Assert.NotNull((await TryReserveAsync(ledger, accounts, 1)).Reservation);
        Assert.True(Settle(open, 100));
        await Assert.ThrowsAsync<QuotaAuthorityUnavailableException>(async () => await ledger.FlushAsync(CancellationToken.None));
        Assert.True((await TryReserveAsync(ledger, accounts, 1)).IsUnavailable);
        Authority.CannotSettle = false;
        await PassUntilAsync(Second / 10, async () => (await TryReserveAsync(ledger, accounts, 1)).Reservation is not null, "requests are let through again");
        Assert.Equal(100, (await StateAsync(Tokens(1_000))).Spent);
    }

    [Fact]
    public async Task A_write_that_hangs_stops_everything_though_nothing_has_failed()
    {
        var accounts = Bind(Tokens(1_000));
        var hold = Authority.HoldSettlements();
        Assert.True(Settle(await ReserveAsync(accounts, 10), 10));
        await hold.Arrived;
        Time.Advance(Options.MaxSettleDelay - Ms);
        await ReserveAsync(accounts, 10);
        Time.Advance(Ms);
        Assert.True((await TryReserveAsync(accounts, 10)).IsUnavailable);
        hold.Release();
        await PassUntilAsync(Ms, async () => (await TryReserveAsync(accounts, 10)).Reservation is not null, "requests are let through again");
    }

    [Fact]
    public async Task Who_waits_for_an_authority_that_does_not_answer_is_refused_and_holds_nothing()
    {
        var limit = Tokens(1_000);
        var accounts = Bind(limit);
        await SpendAsync(accounts, 100); // leases 62 more
        var hold = Authority.HoldLeases();
        var waiting = TryReserveAsync(accounts, 500).AsTask();
        await hold.Arrived;
        var next = TryReserveAsync(accounts, 200).AsTask();
        Time.Advance(Options.MaxSettleDelay - Ms);
        Assert.False(waiting.IsCompleted || next.IsCompleted);
        Time.Advance(Ms);
        Assert.True((await waiting).IsUnavailable);
        Assert.True((await next).IsUnavailable);

        hold.Release();
        await PassUntilAsync(Second, async () => (await StateAsync(limit)).Leased == 0, "nothing is leased");
        Assert.Equal(0, Ledger.OpenReservations);
        await ReserveAsync(accounts, 900);
    }

    [Fact]
    public async Task Everything_settled_during_an_outage_is_written_after_it_once()
    {
        var limit = Tokens(100_000);
        var accounts = Bind(limit);
        await SpendAsync(accounts, 3_000);
        Authority.CannotSettle = true;
        for (var request = 0; request < 50; request++)
            Assert.True(Settle(await ReserveAsync(accounts, 10), 10));
        await Assert.ThrowsAsync<QuotaAuthorityUnavailableException>(FlushAsync);
        Assert.Single(await RecordedAsync());
        Authority.CannotSettle = false;
        await FlushAsync();
        Assert.Equal(51, (await RecordedAsync()).Count);
        Assert.Equal(3_500, (await StateAsync(limit)).Spent);
        await PassUntilAsync(Second, async () => (await StateAsync(limit)).Leased == 0, "nothing is leased");
    }

    [Fact]
    public async Task Who_waits_when_the_authority_fails_is_refused_and_holds_nothing()
    {
        var limit = Tokens(1_000);
        var accounts = Bind(limit);
        await SpendAsync(accounts, 100);
        var hold = Authority.HoldLeases();
        var waiting = Enumerable.Range(0, 5).Select(_ => TryReserveAsync(accounts, 150).AsTask()).ToList();
        await hold.Arrived;
        Authority.CannotLease = true;
        hold.Release();
        await PassUntilAsync(Second / 10, () => Task.FromResult(waiting.All(wait => wait.IsCompleted)), "everybody is answered");
        Assert.All(await Task.WhenAll(waiting), outcome => Assert.True(outcome.IsUnavailable));
        Assert.Equal(0, Ledger.OpenReservations);

        Authority.CannotLease = false;
        await PassUntilAsync(Second / 10, async () => (await TryReserveAsync(accounts, 150)).Reservation?.Release() == true, "requests are let through again");
        await ReserveAsync(accounts, 900); // all that is left: no lease was lost over it
    }

    [Fact]
    public async Task Leases_on_their_way_back_are_not_lost_when_an_excess_can_not_be_written_first()
    {
        var (limit, idle) = (Tokens(1_000), new AccountLimits(Project, [Tokens(1_000)]));
        var accounts = Bind(limit);
        Assert.True((await ReserveAsync(Ledger.Bind([idle]), 100)).Release());
        var all = await ReserveAsync(accounts, 500);
        Authority.CannotSettle = true;
        // More was used than is leased; before more is leased, the authority must know.
        Assert.True(Settle(all, 700));
        Time.Advance(Options.IdleReturn - Ms);
        var hold = Authority.HoldLeases();
        var first = TryReserveAsync(Ledger.Bind([new(AccountId.Token("first"), [Tokens(10)])]), 10).AsTask();
        await hold.Arrived;
        // While the keeper is away, a request comes that needs a lease, and the time to give back what is idle.
        var second = TryReserveAsync(accounts, 200).AsTask();
        Time.Advance(Ms);
        hold.Release();
        Assert.NotNull((await first).Reservation);
        Assert.True((await second).IsUnavailable);

        Authority.CannotSettle = false;
        await PassUntilAsync(Second / 10, async () => (await StateAsync(Project, Tokens(1_000))).Leased == 0, "what is idle is given back after all");
        await PassUntilAsync(Second / 10, async () => (await StateAsync(limit)).Spent == 700, "the excess is written");
    }

    [Fact]
    public async Task The_longer_an_outage_the_more_seldom_it_is_asked_again()
    {
        var accounts = Bind(Tokens(1_000));
        await SpendAsync(accounts, 100);
        Authority.CannotLease = true;
        Assert.True((await TryReserveAsync(accounts, 500)).IsUnavailable);
        var first = Authority.LeaseTimes.Count - 1;
        await PassUntilAsync(Second / 10, () => Task.FromResult(Authority.LeaseTimes.Count > first + 7), "it is asked seven times more");
        var times = Authority.LeaseTimes.Skip(first).Take(8).ToList();
        var pauses = times.Zip(times.Skip(1), (one, next) => (next - one).TotalSeconds);
        Assert.All(pauses.Zip([0.1, 0.2, 0.4, 0.8, 1.6, 2, 2]), pause => Assert.InRange(pause.First, pause.Second - 0.001, pause.Second + 2));
        Authority.CannotLease = false;
        await PassUntilAsync(Second / 10, async () => (await TryReserveAsync(accounts, 500)).Reservation is not null, "requests are let through again");
    }

    [Fact]
    public async Task Too_many_settlements_waiting_refuse_new_requests_and_every_one_is_kept()
    {
        var ledger = NewLedger(Authority, Options with { MaxQueuedSettlements = 10 });
        var accounts = ledger.Bind(OnToken(Tokens(100_000)));
        Authority.CannotSettle = true;
        for (var request = 0; request < 10; request++)
            Assert.True(Settle(await ReserveAsync(ledger, accounts, 10), 10));
        Assert.True((await TryReserveAsync(ledger, accounts, 10)).IsUnavailable);
        Authority.CannotSettle = false;
        await ledger.FlushAsync(CancellationToken.None);
        Assert.Equal(10, (await RecordedAsync()).Count);
        await ReserveAsync(ledger, accounts, 10);
    }
}
