using CredentialProxy.Core.Limits;

namespace CredentialProxy.Tests.Limits.Ledger;

/// <summary>A ledger with a journal: what the authority does not take is kept there, and nothing else.</summary>
public sealed class JournalTests : LedgerTest
{
    private readonly RememberingJournal _journal = new();
    private QuotaLedger _ledger = null!;
    private BoundAccounts _accounts = null!;

    protected override QuotaLedgerOptions Options => new() { OutageTolerance = 60 * Second, MaxSettleDelay = 60 * Second, MaxBatch = 3 };

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _ledger = NewLedger(Authority, journal: _journal);
        _accounts = _ledger.Bind(OnToken(Tokens(100_000)));
        await SettleOneAsync();
        await _ledger.FlushAsync(CancellationToken.None);
    }

    [Fact]
    public async Task What_the_authority_takes_never_comes_near_the_journal()
    {
        for (var request = 0; request < 20; request++)
            await SettleOneAsync();
        await _ledger.FlushAsync(CancellationToken.None);
        Assert.Equal(0, _journal.Calls);
    }

    [Fact]
    public async Task What_the_authority_refuses_is_kept_with_all_that_is_settled_meanwhile_until_the_authority_has_it()
    {
        Authority.CannotSettle = true;
        for (var request = 0; request < 10; request++)
            await SettleOneAsync();
        await PassUntilAsync(Second / 50, () => Task.FromResult(_journal.Kept.Count == 10), "all are kept, though they are more than a batch");
        await SettleOneAsync();
        await PassUntilAsync(Second / 50, () => Task.FromResult(_journal.Kept.Count == 11), "what is settled later is kept as well");
        Assert.All(_journal.Kept.Values, settlement => Assert.Equal(10, Assert.Single(settlement.Charges).Amount));

        Authority.CannotSettle = false;
        await PassUntilAsync(Second / 10, () => Task.FromResult(_journal.Kept.Count == 0), "nothing is kept any longer");
        await _ledger.FlushAsync(CancellationToken.None);
        Assert.Equal(12, (await RecordedAsync()).Count);
        Assert.Equal(120, (await StateAsync(Tokens(100_000))).Spent);
    }

    [Fact]
    public async Task What_a_journal_without_room_did_not_take_is_offered_again_and_not_when_the_authority_has_it()
    {
        Authority.CannotSettle = _journal.IsFull = true;
        for (var request = 0; request < 10; request++)
            await SettleOneAsync();
        await PassUntilAsync(Second / 50, () => Task.FromResult(_journal.Calls > 20), "it is offered to the journal again and again");
        Assert.Empty(_journal.Kept);

        _journal.IsFull = false;
        await PassUntilAsync(Second / 10, () => Task.FromResult(_journal.Kept.Count == 10), "all are kept, those in line too");

        Authority.CannotSettle = false;
        await PassUntilAsync(Second / 10, () => Task.FromResult(_journal.Kept.Count == 0), "nothing is kept any longer");
        Authority.CannotSettle = _journal.IsFull = true;
        await SettleOneAsync();
        await SettleOneAsync();
        var calls = _journal.Calls;
        await PassUntilAsync(Second / 50, () => Task.FromResult(_journal.Calls > calls + 5), "the next are offered");
        Authority.CannotSettle = false;
        await _ledger.FlushAsync(CancellationToken.None);
        _journal.IsFull = false;
        Authority.CannotSettle = true;
        await SettleOneAsync();
        await PassUntilAsync(Second / 10, () => Task.FromResult(_journal.Kept.Count == 1), "the last one is kept, and nothing that the authority has");
        Authority.CannotSettle = false;
    }

    [Fact]
    public async Task What_hangs_on_its_way_to_the_authority_is_kept_meanwhile()
    {
        var hold = Authority.HoldSettlements();
        await SettleOneAsync();
        await PassUntilAsync(Second / 50, () => Task.FromResult(hold.Arrived.IsCompleted), "it is on its way");
        await SettleOneAsync();
        await PassUntilAsync(Second / 10, () => Task.FromResult(_journal.Kept.Count == 2), "what is being written and what waits behind it is kept");
        hold.Release();
        await PassUntilAsync(Second / 10, () => Task.FromResult(_journal.Kept.Count == 0), "nothing is kept any longer");
        Assert.Equal(3, (await RecordedAsync()).Count);
    }

    [Fact]
    public async Task A_ledger_that_stops_in_an_outage_leaves_everything_to_the_journal()
    {
        var open = await ReserveAsync(_ledger, _accounts, 30);
        Authority.CannotSettle = true;
        for (var request = 0; request < 10; request++)
            await SettleOneAsync();
        await _ledger.DisposeAsync();
        Assert.Equal(11, _journal.Kept.Count);
        Assert.True(open.IsClosed);
        Assert.Equal(130, _journal.Kept.Values.Sum(settlement => settlement.Charges.Sum(charge => charge.Amount)));
    }

    private async Task SettleOneAsync() => Assert.True(Settle(await ReserveAsync(_ledger, _accounts, 10), 10));
}
