using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Usage;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Limits.Ledger;

/// <summary>The end of a reservation: settled, released or expired, whichever comes first.</summary>
public sealed class SettlingTests : LedgerTest
{
    [Fact]
    public async Task What_was_used_is_spent_and_the_rest_is_free_at_once()
    {
        var limit = Tokens(100);
        var accounts = Bind(limit);
        var reservation = await ReserveAsync(accounts, 100);
        await RefusedAsync(accounts, 1);
        Assert.True(Settle(reservation, 30));
        await ReserveAsync(accounts, 70);
        await FlushAsync();
        Assert.Equal(new CounterState(30, 70), await StateAsync(limit));
    }

    [Fact]
    public async Task What_was_released_is_free_at_once_and_leaves_no_record()
    {
        var accounts = Bind(Tokens(100));
        Assert.True((await ReserveAsync(accounts, 100)).Release());
        await ReserveAsync(accounts, 100);
        await FlushAsync();
        Assert.Empty(await RecordedAsync());
        Assert.Equal(1, Ledger.OpenReservations);
    }

    [Fact]
    public async Task Batches_that_are_full_are_written_one_after_another_without_a_rest()
    {
        var ledger = NewLedger(Authority, new QuotaLedgerOptions { MaxBatch = 3 });
        var accounts = ledger.Bind(OnToken(Tokens(1_000)));
        var hold = Authority.HoldSettlements();
        for (var request = 0; request < 10; request++)
            Assert.True(Settle(await ReserveAsync(ledger, accounts, 10), 10));
        hold.Release();
        // No time passes.
        await Product.EventuallyAsync(async () => (await RecordedAsync()).Count >= 8, "all that fill a batch are written");
    }

    [Fact]
    public async Task Only_the_first_end_counts()
    {
        var limit = Tokens(1_000);
        var accounts = Bind(limit);
        var (settled, released) = (await ReserveAsync(accounts, 100), await ReserveAsync(accounts, 100));
        Assert.True(Settle(settled, 40));
        Assert.False(Settle(settled, 90));
        Assert.False(settled.Release());
        Assert.True(released.Release());
        Assert.False(Settle(released, 90));
        Assert.False(released.Release());
        await FlushAsync();
        Assert.Equal(40, (await StateAsync(limit)).Spent);
        Assert.Single(await RecordedAsync());
        Assert.Equal(0, Ledger.OpenReservations);
        await PassUntilAsync(Second, async () => (await StateAsync(limit)).Leased == 0, "nothing is leased");
    }

    [Fact]
    public async Task Of_ends_that_race_one_wins()
    {
        var limit = Tokens(1_000_000);
        var accounts = Bind(limit);
        var settled = 0;
        for (var request = 0; request < 200; request++)
        {
            var reservation = await ReserveAsync(accounts, 100);
            var ends = await Task.WhenAll(
                Task.Run(() => (IsSettled: true, Won: Settle(reservation, 10))),
                Task.Run(() => (IsSettled: false, Won: reservation.Release())),
                Task.Run(() => (IsSettled: true, Won: Settle(reservation, 10))));
            settled += Assert.Single(ends, end => end.Won).IsSettled ? 1 : 0;
        }
        await FlushAsync();
        Assert.Equal(settled * 10, (await StateAsync(limit)).Spent);
        Assert.Equal(settled, (await RecordedAsync()).Count);
        await PassUntilAsync(Second, async () => (await StateAsync(limit)).Leased == 0, "nothing is leased");
    }

    [Fact]
    public async Task A_reservation_left_open_too_long_is_charged_in_full()
    {
        var limit = Tokens(1_000);
        var ledger = NewLedger(Authority, new QuotaLedgerOptions { ReservationLifetime = TimeSpan.FromMinutes(5) });
        var accounts = ledger.Bind(OnToken(limit));
        var late = await ReserveAsync(ledger, accounts, 100);
        Time.Advance(TimeSpan.FromMinutes(1));
        var young = await ReserveAsync(ledger, accounts, 50);
        Time.Advance(TimeSpan.FromMinutes(4) - Second);
        Assert.Equal(2, ledger.OpenReservations);
        Time.Advance(Second);
        Assert.Equal(1, ledger.OpenReservations);
        Assert.False(Settle(late, 1));
        Assert.False(late.Release());
        await ledger.FlushAsync(CancellationToken.None);
        Assert.Equal(100, (await StateAsync(limit)).Spent);
        var row = Assert.Single(await Store.RecordsAsync());
        Assert.Equal((((Owner)late.Owner).RequestId, (int)UsageMarks.ChargedAtReservation), (row.RequestId, row.Marks));
        Assert.True(Settle(young, 5));
    }

    [Fact]
    public async Task What_a_request_that_is_over_left_open_is_found_and_frees_what_it_kept_from_others()
    {
        var (limit, places) = (Tokens(1_000), Concurrent(2));
        var accounts = Bind(limit, places);
        var leaked = await ReserveAsync(accounts, 100);
        var running = await ReserveAsync(accounts, 50);
        Assert.NotNull((await TryReserveAsync(accounts, 1)).Shortage);
        ((Owner)leaked.Owner).HasEnded = true;

        Time.Advance(TimeSpan.FromSeconds(6));

        Assert.Equal(1, Ledger.OpenReservations);
        await FlushAsync();
        Assert.Equal(100, (await StateAsync(limit)).Spent);
        Assert.True((await ReserveAsync(accounts, 1)).Release());
        Assert.True(Settle(running, 5));
    }

    [Fact]
    public async Task An_owner_that_fails_does_not_keep_others_from_being_charged()
    {
        var limit = Tokens(1_000);
        var ledger = NewLedger(Authority, new QuotaLedgerOptions { ReservationLifetime = TimeSpan.FromMinutes(5) });
        var accounts = ledger.Bind(OnToken(limit));
        var outcome = await ledger.ReserveAsync(accounts, null, new Demand(100, 0), new BrokenOwner(), CancellationToken.None);
        await ReserveAsync(ledger, accounts, 50);
        Time.Advance(TimeSpan.FromMinutes(5));
        await ledger.FlushAsync(CancellationToken.None);
        Assert.Equal(50, (await StateAsync(limit)).Spent);
        Assert.True(outcome.Reservation!.Release());
    }

    [Fact]
    public async Task A_settlement_alone_is_written_at_once_and_further_ones_together()
    {
        var accounts = Bind(Tokens(100_000));
        var reservations = new List<Reservation>();
        for (var request = 0; request < 6; request++)
            reservations.Add(await ReserveAsync(accounts, 10));
        Assert.True(Settle(reservations[0], 10));
        await Product.EventuallyAsync(async () => (await RecordedAsync()).Count == 1, "the first is written without any time passing");
        foreach (var reservation in reservations.Skip(1))
            Assert.True(Settle(reservation, 10));
        await PassUntilAsync(Ms, async () => (await RecordedAsync()).Count == 6, "the others are written");
        Assert.Equal(2, Authority.SettleCalls);
    }

    [Fact]
    public async Task A_flush_writes_what_waits_without_any_time_passing()
    {
        var accounts = Bind(Tokens(100_000));
        for (var request = 1; request <= 5; request++)
        {
            Assert.True(Settle(await ReserveAsync(accounts, 10), 10));
            await FlushAsync();
            Assert.Equal(request, (await RecordedAsync()).Count);
        }
        await FlushAsync();
    }

    private sealed class BrokenOwner : IReservationOwner
    {
        public UsageRecord RecordAtReservation(Demand charged, DateTimeOffset time) => throw new InvalidOperationException("broken");
    }
}
