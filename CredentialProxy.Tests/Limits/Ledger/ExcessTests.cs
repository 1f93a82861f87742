using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Usage;

namespace CredentialProxy.Tests.Limits.Ledger;

/// <summary>Figures of a provider that its request could not have come to.</summary>
public sealed class ExcessTests : LedgerTest
{
    [Fact]
    public async Task More_than_was_held_is_taken_from_what_is_leased_and_then_from_the_limit()
    {
        var limit = Tokens(1_000);
        var accounts = Bind(limit);
        var (over, other) = (await ReserveAsync(accounts, 100), await ReserveAsync(accounts, 200));
        Assert.True(Settle(over, 600));
        // The other request's reservation is untouched, and what is left is known at once.
        Assert.Equal(200, (await RefusedAsync(accounts, 201)).Remaining);
        Assert.True(Settle(other, 200));
        await SpendAsync(accounts, 200);
        Assert.Equal(new CounterState(1_000, 0), await StateAsync(limit));
        var row = (await Store.RecordsAsync()).Single(record => record.RequestId == ((Owner)over.Owner).RequestId);
        Assert.Equal(((int)UsageMarks.Overrun, 600), (row.Marks, row.InputTokens));
    }

    [Fact]
    public async Task What_not_even_the_limit_covers_is_recorded_and_not_spent()
    {
        var limit = Tokens(1_000);
        var accounts = Bind(limit);
        var (over, other) = (await ReserveAsync(accounts, 100), await ReserveAsync(accounts, 800));
        Assert.True(Settle(over, 5_000));
        Assert.True(Settle(other, 800));
        await FlushAsync();
        Assert.Equal(new CounterState(1_000, 0), await StateAsync(limit));
        await RefusedAsync(accounts, 1);
    }

    [Fact]
    public async Task A_negative_use_counts_as_none()
    {
        var limit = Tokens(1_000);
        Assert.True(Settle(await ReserveAsync(Bind(limit), 100), new Demand(-50, -50, -50)));
        await FlushAsync();
        Assert.Equal(0, (await StateAsync(limit)).Spent);
    }
}
