using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Usage;

namespace CredentialProxy.Tests.Limits.Ledger;

/// <summary>The end of a ledger: what is open is charged, what was settled is written, what is leased is given back.</summary>
public sealed class DisposalTests : LedgerTest
{
    [Fact]
    public async Task What_is_open_is_charged_in_full_and_what_is_leased_given_back()
    {
        Limit[] limits = [Tokens(1_000), Tokens(1_000, LimitWindow.Minute), Requests(100, LimitWindow.Day), Concurrent(10)];
        var accounts = Bind([.. limits]);
        await SpendAsync(accounts, 100);
        var settled = await ReserveAsync(accounts, 50);
        var open = await ReserveAsync(accounts, 30);
        Assert.True(Settle(settled, 20));
        await Ledger.DisposeAsync();

        Assert.Equal([new(150, 0), new(150, 0), new(3, 0), default], await Task.WhenAll(limits.Select(StateAsync)));
        Assert.Equal(0, Ledger.OpenReservations);
        Assert.False(Settle(open, 1));
        Assert.False(open.Release());
        var rows = await Store.RecordsAsync();
        Assert.Equal(UsageMarks.ChargedAtReservation, (UsageMarks)rows.Single(row => row.RequestId == ((Owner)open.Owner).RequestId).Marks);
        Assert.Equal(3, rows.Count);
        Assert.True((await TryReserveAsync(accounts, 1)).IsUnavailable);
        await Ledger.DisposeAsync();
        await FlushAsync();
    }

    [Fact]
    public async Task Leases_of_windows_that_are_over_are_given_back_as_well()
    {
        var limit = Tokens(1_000, LimitWindow.Month);
        Assert.True((await ReserveAsync(Bind(limit), 500)).Release());
        Time.Advance(TimeSpan.FromMinutes(30));
        await ReserveAsync(Bind(limit), 500);
        await Ledger.DisposeAsync();
        Assert.Equal((500, 0), (await Store.RunAsync("SELECT sum(Spent) FROM counters"), await Store.RunAsync("SELECT sum(Leased) FROM counters")));
    }

    [Fact]
    public async Task Who_waits_for_a_lease_is_refused()
    {
        var accounts = Bind(Tokens(1_000));
        var hold = Authority.HoldLeases();
        var waiting = TryReserveAsync(accounts, 100).AsTask();
        await hold.Arrived;
        var later = TryReserveAsync(accounts, 100).AsTask();
        var disposing = Ledger.DisposeAsync().AsTask();
        hold.Release();
        await disposing;
        Assert.True((await waiting).IsUnavailable);
        Assert.True((await later).IsUnavailable);
        Assert.Equal(default, await StateAsync(Tokens(1_000)));
    }

    [Fact]
    public async Task With_the_authority_gone_it_ends_all_the_same_and_frees_nothing()
    {
        var limit = Tokens(1_000);
        var accounts = Bind(limit);
        await ReserveAsync(accounts, 100);
        Authority.Sever();
        await Ledger.DisposeAsync();
        Assert.Equal(new CounterState(0, 162), await StateAsync(limit));
        await Assert.ThrowsAsync<QuotaAuthorityUnavailableException>(FlushAsync);
    }

    [Fact]
    public async Task While_requests_end_by_themselves_each_is_charged_once()
    {
        var limit = Tokens(10_000_000);
        var accounts = Bind(limit);
        var reservations = new List<Reservation>();
        for (var request = 0; request < 3_000; request++)
            reservations.Add(await ReserveAsync(accounts, 10));
        var ended = Task.Run(() => reservations.Count(reservation => Settle(reservation, 3)));
        await Ledger.DisposeAsync();
        var byThemselves = await ended;
        Assert.Equal(new CounterState((3 * byThemselves) + (10 * (3_000 - byThemselves)), 0), await StateAsync(limit));
        Assert.Equal(3_000, (await RecordedAsync()).Count);
    }

    [Fact]
    public async Task However_many_owners_fail_the_others_are_charged()
    {
        var limit = Tokens(1_000_000);
        var accounts = Bind(limit);
        for (var request = 0; request < 300; request++)
            await Ledger.ReserveAsync(accounts, null, new Demand(10, 0), new BrokenOwner(), CancellationToken.None);
        await ReserveAsync(accounts, 10);
        await Ledger.DisposeAsync();
        Assert.Equal(10, (await StateAsync(limit)).Spent);
        // How much of theirs was used nobody knows; it is not given back, and so counts as spent when the next run begins.
        Assert.Equal(3_000, (await StateAsync(limit)).Leased);
    }

    [Fact]
    public async Task Requests_that_end_by_themselves_meanwhile_do_not_leave_others_open()
    {
        var accounts = Bind(Tokens(1_000_000));
        var all = new List<Reservation>();
        // While the first is asked what it was, it and many after it end.
        var first = new EndingOwner(() => Assert.All(all.Take(500), reservation => reservation.Settle(new Demand(1, 0), new Owner().Record(default))));
        for (var request = 0; request < 600; request++)
            all.Add((await Ledger.ReserveAsync(accounts, null, new Demand(10, 0), request == 0 ? first : new Owner(), CancellationToken.None)).Reservation!);
        await Ledger.DisposeAsync();
        Assert.Equal(0, Ledger.OpenReservations);
        Assert.Equal(600, (await RecordedAsync()).Count);
    }

    private sealed class BrokenOwner : IReservationOwner
    {
        public UsageRecord RecordAtReservation(Demand charged, DateTimeOffset time) => throw new InvalidOperationException("broken");
    }

    private sealed class EndingOwner(Action end) : IReservationOwner
    {
        public UsageRecord RecordAtReservation(Demand charged, DateTimeOffset time)
        {
            end();
            return new Owner().Record(charged);
        }
    }
}
