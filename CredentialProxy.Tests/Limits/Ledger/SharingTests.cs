using CredentialProxy.Core.Limits;

namespace CredentialProxy.Tests.Limits.Ledger;

/// <summary>Several ledgers on one authority, as several gateways are.</summary>
public sealed class SharingTests : LedgerTest
{
    private readonly List<ScriptedAuthority> _authorities = [];
    private QuotaLedger _other = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _other = NewOther();
    }

    [Theory]
    [InlineData(100, 1)]
    [InlineData(1_000, 7)]
    [InlineData(1_000_000, 3_000)]
    public async Task Two_ledgers_share_a_limit_exactly(long amount, long each)
    {
        var limit = Tokens(amount);
        (QuotaLedger Ledger, BoundAccounts Accounts)[] both = [(Ledger, Bind(limit)), (_other, _other.Bind(OnToken(limit)))];
        var spent = 0L;
        // Taking turns, until both have been refused with nothing idle left at either.
        for (var refused = 0; refused < 20;)
        {
            foreach (var (ledger, accounts) in both)
            {
                if ((await TryReserveAsync(ledger, accounts, each)).Reservation is { } reservation)
                {
                    Assert.True(Settle(reservation, each));
                    spent += each;
                    refused = 0;
                }
                else
                {
                    refused++;
                    await PassAsync();
                }
                var state = await StateAsync(limit);
                Assert.True(state.Spent + state.Leased <= amount, $"{state} on a limit of {amount}");
            }
        }
        Assert.Equal(amount / each * each, spent);
        Assert.Equal(new CounterState(spent, 0), (await StateAsync(limit)) with { Leased = 0 });
    }

    [Fact]
    public async Task What_one_keeps_at_hand_is_soon_the_other_s()
    {
        var limit = Tokens(1_000);
        await SpendAsync(Bind(limit), 900);
        Assert.True((await ReserveAsync(Bind(limit), 60)).Release());
        var accounts = _other.Bind(OnToken(limit));

        var outcome = await TryReserveAsync(_other, accounts, 100);
        // Nothing but patience is needed, and the refusal says so.
        Assert.Equal(new LimitShortage(Token, limit, outcome.Shortage!.Remaining, RetryAfter: Second, IsTransient: true), outcome.Shortage);
        for (var tries = 0; outcome.Reservation is null; tries++)
        {
            Assert.InRange(tries, 0, 8);
            await PassAsync();
            outcome = await TryReserveAsync(_other, accounts, 100);
        }
        await RefusedAsync(Bind(limit), 1);
    }

    [Fact]
    public async Task What_one_has_spent_is_spent_for_the_other_and_waiting_does_not_help()
    {
        var limit = Tokens(1_000);
        await SpendAsync(Bind(limit), 950);
        await PassUntilAsync(Second, async () => (await StateAsync(limit)).Leased == 0, "nothing is leased");
        var outcome = await TryReserveAsync(_other, _other.Bind(OnToken(limit)), 51);
        Assert.Equal(new LimitShortage(Token, limit, 50, RetryAfter: null, IsTransient: false), outcome.Shortage);
    }

    [Fact]
    public async Task A_ledger_under_steady_use_does_not_keep_a_burst_s_leases_from_the_other()
    {
        var limit = Tokens(16_000);
        var accounts = Bind(limit);
        foreach (var reservation in await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => ReserveAsync(accounts, 1_500))))
            Assert.True(reservation.Release());
        var others = _other.Bind(OnToken(limit));
        for (var second = 0; (await TryReserveAsync(_other, others, 10_000)).Reservation is null; second++)
        {
            Assert.InRange(second, 0, 15);
            Assert.True((await ReserveAsync(accounts, 10)).Release());
            await PassAsync();
        }
    }

    [Fact]
    public async Task Of_a_ledger_that_dies_only_its_leases_are_lost_to_the_others()
    {
        var limit = Tokens(1_000);
        var accounts = _other.Bind(OnToken(limit));
        Assert.True(Settle(await ReserveAsync(_other, accounts, 200), 200));
        await _other.FlushAsync(CancellationToken.None);
        await ReserveAsync(_other, accounts, 100);
        var leased = (await StateAsync(limit)).Leased;
        Assert.InRange(leased, 100, 162);
        _authorities[0].Sever();
        var left = 1_000 - 200 - leased;
        await RefusedAsync(Bind(limit), left + 1);
        await SpendAsync(Bind(limit), left);
        Assert.Equal(new CounterState(200 + left, leased), await StateAsync(limit));
    }

    [Fact]
    public async Task However_many_ask_at_once_through_both_no_more_are_let_through_than_fit()
    {
        var limit = Concurrent(10);
        BoundAccounts[] accounts = [Bind(limit), _other.Bind(OnToken(limit))];
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 200).Select(index => Task.Run(async () => await TryReserveAsync(index % 2 == 0 ? Ledger : _other, accounts[index % 2], 0))));
        var open = outcomes.Where(outcome => outcome.Reservation is not null).ToList();
        Assert.InRange(open.Count, 1, 10);
        Assert.InRange((await StateAsync(limit)).Leased, open.Count, 10);
        Assert.All(outcomes.Where(outcome => outcome.Reservation is null), outcome => Assert.True(outcome.Shortage!.IsTransient));
    }

    private QuotaLedger NewOther()
    {
        var authority = new ScriptedAuthority(Authority, Time);
        _authorities.Add(authority);
        return NewLedger(authority);
    }

    /// <summary>Lets a second pass, and waits until both have given back what is idle by then.</summary>
    private async Task PassAsync()
    {
        foreach (var ledger in new[] { Ledger, _other })
            await ledger.FlushAsync(CancellationToken.None);
        Time.Advance(Second);
        // A keeper serves in the order in which it was told, and this only the keeper can serve.
        foreach (var ledger in new[] { Ledger, _other })
            await ReserveAsync(ledger, ledger.Bind([new(AccountId.Token(Guid.NewGuid().ToString()), [Requests(1)])]), 0);
    }
}
