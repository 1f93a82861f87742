using CredentialProxy.Core.Limits;

namespace CredentialProxy.Tests.Limits.Ledger;

/// <summary>A wall clock that is set under a running ledger.</summary>
public sealed class ClockTests : LedgerTest
{
    private static readonly TimeSpan HalfHour = TimeSpan.FromMinutes(30);

    [Theory]
    [InlineData(24)]
    [InlineData(31 * 24)]
    public async Task A_clock_set_ahead_and_back_frees_nothing_that_was_spent(int hours)
    {
        var limit = Tokens(100, LimitWindow.Day);
        var accounts = Bind(limit);
        await SpendAsync(accounts, 80);
        Time.Jump(TimeSpan.FromHours(hours));
        await SpendAsync(accounts, 100);
        await RefusedAsync(accounts, 1);
        Time.Jump(-TimeSpan.FromHours(hours));
        await PassUntilAsync(Ms * 100, async () => (await StateAsync(limit)).Leased == 0, "what was at hand in this window is given back");
        var shortage = await RefusedAsync(accounts, 21);
        Assert.Equal((20, false), (shortage.Remaining, shortage.IsTransient));
        Assert.InRange(shortage.RetryAfter!.Value, HalfHour - (Second * 20), HalfHour);
        await SpendAsync(accounts, 20);
        Assert.Equal(new CounterState(100, 0), await StateAsync(limit));
    }

    [Fact]
    public async Task A_request_open_while_the_clock_is_set_back_and_forth_is_charged_once_and_where_it_began()
    {
        var limit = Tokens(100, LimitWindow.Day);
        var accounts = Bind(limit);
        var open = await ReserveAsync(accounts, 60);
        Time.Jump(-TimeSpan.FromDays(1));
        await SpendAsync(accounts, 100);
        Assert.Equal(100, (await StateAsync(limit)).Spent);
        Time.Jump(TimeSpan.FromDays(1));
        await RefusedAsync(accounts, 41);
        Assert.True(Settle(open, 50));
        await FlushAsync();
        Assert.Equal(50, (await StateAsync(limit)).Spent);
        await PassUntilAsync(Second, async () => (await StateAsync(limit)).Leased == 0, "nothing is leased");
        await SpendAsync(accounts, 50);
    }

    [Theory]
    [InlineData(LimitWindow.Minute, 61_000)]
    [InlineData(LimitWindow.Second, 1_100)]
    public async Task A_clock_that_is_set_neither_empties_a_sliding_window_nor_freezes_it(LimitWindow window, int lengthMs)
    {
        var limit = Requests(3, window);
        var accounts = Bind(limit);
        foreach (var jump in new[] { TimeSpan.FromHours(1), TimeSpan.FromHours(-2), TimeSpan.FromDays(400), TimeSpan.FromDays(-400) })
        {
            for (var request = 0; request < 3; request++)
                await SpendAsync(accounts, 0);
            Time.Jump(jump);
            // Twice, with time between for the authority to forget what is old.
            for (var passed = 0; passed < lengthMs; passed += lengthMs / 2)
            {
                Assert.Equal(TimeSpan.FromMilliseconds(lengthMs - passed), (await RefusedAsync(accounts, 0)).RetryAfter);
                await RefusedAsync(accounts, 0);
                Assert.Equal(3, (await StateAsync(limit)).Spent);
                Time.Advance(TimeSpan.FromMilliseconds(lengthMs / 2));
            }
        }
    }
}
