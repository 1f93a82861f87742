using CredentialProxy.Core.Limits;

namespace CredentialProxy.Tests.Limits.Ledger;

/// <summary>Windows as a ledger meets them: they end under its reservations, and the clock is set.</summary>
public sealed class WindowTests : LedgerTest
{
    private static readonly TimeSpan HalfHour = TimeSpan.FromMinutes(30);

    [Theory]
    [Trait("threat", "spend-19")]
    [InlineData(LimitWindow.Month)]
    [InlineData(LimitWindow.Day)]
    [InlineData(LimitWindow.Hour)]
    public async Task A_request_counts_in_the_window_in_which_it_began(LimitWindow window)
    {
        var limit = Tokens(100, window);
        var accounts = Bind(limit);
        var last = WindowClock.StartOf(window, Time.GetUtcNow().ToUnixTimeMilliseconds());
        Time.Advance(HalfHour - Ms);
        var before = await ReserveAsync(accounts, 100);
        await RefusedAsync(accounts, 1);
        Time.Advance(Ms);
        // The new window is all there, though the request of the last one is still open.
        var after = await ReserveAsync(accounts, 100);
        Assert.True(Settle(before, 60));
        Assert.True(Settle(after, 70));
        await FlushAsync();
        Assert.Equal(70, (await StateAsync(limit)).Spent);
        Assert.Equal(60, await CountedAsync("Spent", last));
        await PassUntilAsync(Second, async () => await CountedAsync("Leased", last) == 0, "what the last window's request did not need is given back");
        Assert.True((await ReserveAsync(accounts, 30)).Release());
        await RefusedAsync(accounts, 31);
    }

    [Theory]
    [InlineData(LimitWindow.Minute, 61_000)]
    [InlineData(LimitWindow.Second, 1_100)]
    public async Task A_request_that_outlives_a_sliding_window_holds_nothing_of_later_ones(LimitWindow window, int lengthMs)
    {
        var limit = Requests(3, window);
        var accounts = Bind(limit);
        var open = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => ReserveAsync(accounts, 0)));
        Time.Advance(TimeSpan.FromMilliseconds(lengthMs));
        await RefusedAsync(accounts, 0);
        Time.Advance(Ms);
        for (var request = 0; request < 3; request++)
            await SpendAsync(accounts, 0);
        await RefusedAsync(accounts, 0);
        Assert.True(open[0].Release());
        Assert.True(Settle(open[1], 0));
        Assert.True(Settle(open[2], 5));
        await FlushAsync();
        Assert.Equal(3, (await StateAsync(limit)).Spent);
        await RefusedAsync(accounts, 0);
    }

    [Fact]
    public async Task A_request_leaves_a_sliding_window_by_when_it_began_however_late_it_ended()
    {
        var accounts = Bind(Requests(1, LimitWindow.Minute));
        var reservation = await ReserveAsync(accounts, 0);
        Time.Advance(Second * 50);
        Assert.True(Settle(reservation, 0));
        await FlushAsync();
        Assert.Equal(Second * 11, (await RefusedAsync(accounts, 0)).RetryAfter);
        Time.Advance(Second * 11);
        await ReserveAsync(accounts, 0);
    }

    [Fact]
    public async Task In_any_minute_no_more_requests_begin_than_the_limit()
    {
        var limit = Requests(10, LimitWindow.Minute);
        var accounts = Bind(limit);
        var begun = new List<long>();
        for (var second = 0; second < 300; second++)
        {
            for (var request = 0; request < 1 + (second % 3); request++)
            {
                if ((await TryReserveAsync(accounts, 0)).Reservation is { } reservation)
                {
                    begun.Add(second);
                    Assert.True(Settle(reservation, 0));
                }
            }
            if (second % 7 == 0)
                await FlushAsync();
            Time.Advance(Second);
        }
        Assert.All(begun, first => Assert.InRange(begun.Count(other => other >= first && other < first + 60), 1, 10));
        // And not many fewer: a bucket is a second, a window with its broken one 61, and little is kept at hand.
        Assert.InRange(begun.Count, 40, 50);
    }

    [Fact]
    [Trait("threat", "spend-19")]
    public async Task A_request_does_not_begin_in_a_window_that_was_over_before_it_had_its_lease()
    {
        var limit = Requests(10, LimitWindow.Second);
        var ledger = NewLedger(Authority, new QuotaLedgerOptions { LeaseShare = 0.5 });
        var accounts = ledger.Bind(OnToken(limit));
        for (var request = 0; request < 10; request++)
            Assert.True(Settle(await ReserveAsync(ledger, accounts, 0), 0));
        await ledger.FlushAsync(CancellationToken.None);
        var start = Time.GetUtcNow().ToUnixTimeMilliseconds();
        Time.Advance(Ms * 1_099);
        // A request has just looked at the clock when the bucket ends, and with it the first ten leave; another one gets a lease with something ahead.
        var hasLooked = new TaskCompletionSource();
        using var goesOn = new ManualResetEventSlim();
        var slow = Task.Run(async () =>
        {
            JumpingTime.AfterMyNextTimestamp(() =>
            {
                hasLooked.SetResult();
                goesOn.Wait(Second * 10);
            });
            return await ReserveAsync(ledger, accounts, 0);
        });
        await hasLooked.Task;
        Time.Advance(Ms);
        Assert.True(Settle(await ReserveAsync(ledger, accounts, 0), 0));
        goesOn.Set();
        Assert.True(Settle(await slow, 0));
        await ledger.FlushAsync(CancellationToken.None);
        Assert.Equal(10, await Store.RunAsync($"SELECT sum(Spent) FROM counters WHERE WindowStart BETWEEN {start} AND {start + 1_000}"));
    }

    [Fact]
    public async Task Limits_on_one_counter_do_not_mix_their_windows_when_one_begins()
    {
        var (own, claimed) = (Bind(Tokens(1_000, LimitWindow.Month)), Bind(Tokens(900, LimitWindow.Month)));
        var january = WindowClock.StartOf(LimitWindow.Month, Time.GetUtcNow().ToUnixTimeMilliseconds());
        var open = await ReserveAsync(own, 700);
        await SpendAsync(claimed, 100);
        Time.Advance(HalfHour);
        // What the other holds of January is nothing that could be short, or free, in February.
        await SpendAsync(claimed, 900);
        var shortage = await RefusedAsync(claimed, 1);
        Assert.Equal((false, TimeSpan.FromDays(28)), (shortage.IsTransient, shortage.RetryAfter));
        Assert.Equal(100, (await RefusedAsync(own, 101)).Remaining);
        Assert.True(Settle(open, 650));
        await FlushAsync();
        Assert.Equal((750, 900), (await CountedAsync("Spent", january), (await StateAsync(Tokens(1_000, LimitWindow.Month))).Spent));
        await PassUntilAsync(Second, async () => await CountedAsync("Leased", january) == 0, "what is left of January is given back");
        Assert.Equal(100, (await ReserveAsync(own, 100)).Held.Tokens);
    }

    private Task<long> CountedAsync(string column, long windowStart) => Store.RunAsync($"SELECT {column} FROM counters WHERE WindowStart = {windowStart}");
}
