using CredentialProxy.Core.Limits;
using Microsoft.Extensions.Logging.Abstractions;

namespace CredentialProxy.Tests.Limits.Ledger;

/// <summary>Three ledgers on one authority, and beside them a plain list of what was asked of them, which says what the authority must hold.</summary>
internal sealed class LedgerModel : IAsyncDisposable
{
    private static readonly (AccountId Account, Limit Limit)[] Counters =
    [
        (AccountId.Token("a"), new(LimitUnit.Tokens, 1_000, LimitWindow.Lifetime)),
        (AccountId.Token("a"), new(LimitUnit.Requests, 6, LimitWindow.Minute)),
        (AccountId.Token("a"), new(LimitUnit.Concurrent, 3, LimitWindow.Lifetime)),
        (AccountId.Token("b"), new(LimitUnit.Tokens, 400, LimitWindow.Lifetime)),
        (AccountId.Project("p"), new(LimitUnit.Tokens, 1_200, LimitWindow.Hour)),
        (AccountId.Project("p"), new(LimitUnit.Usd, 5_000, LimitWindow.Lifetime)),
    ];

    private static readonly AccountId[] Tokens = [AccountId.Token("a"), AccountId.Token("b")];

    private readonly JumpingTime _time = new(new DateTimeOffset(2027, 1, 31, 23, 50, 0, TimeSpan.Zero));
    private readonly List<Entry> _entries = [];
    private readonly List<QuotaLedger> _dead = [];
    private readonly Member[] _members = new Member[3];
    private IQuotaStore _store = null!;
    private IQuotaAuthority _authority = null!;

    public static async Task<LedgerModel> StartAsync(Func<TimeProvider, Task<IQuotaStore>> createStore)
    {
        var model = new LedgerModel();
        model._store = await createStore(model._time);
        model._authority = model._store.Open();
        for (var index = 0; index < model._members.Length; index++)
            model._members[index] = model.NewMember();
        return model;
    }

    public async Task DoAsync(Move move)
    {
        var index = move.Which % _members.Length;
        var open = _entries.Where(entry => entry.IsOpen).ToList();
        switch (move.Kind)
        {
            case MoveKind.Reserve:
                await ReserveAsync(_members[index], Tokens[move.Which % Tokens.Length], move.Amount);
                break;
            case MoveKind.Settle or MoveKind.Overrun or MoveKind.Release when open.Count > 0:
                End(open[move.Which % open.Count], move);
                break;
            case MoveKind.Flush:
                await FlushAsync(_members[index]);
                break;
            case MoveKind.Pass:
                _time.Advance(TimeSpan.FromMilliseconds(move.Amount * 100));
                break;
            case MoveKind.Crash:
                Crash(index);
                break;
        }
    }

    /// <summary>No limit is exceeded; everything flushed is spent; nothing is spent that was not settled.</summary>
    public async Task CheckAsync()
    {
        foreach (var (account, limit) in Counters)
        {
            var state = await ReadAsync(account, limit);
            Assert.True(state.Spent + state.Leased <= limit.Amount, $"{account} {limit}: {state}");
            if (limit.Window != LimitWindow.Minute)
                Assert.InRange(state.Spent, Sum(account, limit, entry => entry.IsFlushed ? entry.Least : default), Sum(account, limit, entry => entry.Actual));
        }
        Assert.All(_members, member => Assert.Equal(_entries.Count(entry => entry.IsOpen && entry.Member == member), member.Ledger.OpenReservations));
    }

    /// <summary>The living end properly, the accounts change hands: the leases of the dead are spent, all that is left can be used.</summary>
    public async Task EndAsync()
    {
        foreach (var member in _members)
        {
            await member.Ledger.DisposeAsync();
            foreach (var entry in _entries.Where(entry => entry.Member == member))
            {
                entry.Actual = entry.IsOpen ? entry.Held : entry.Actual;
                (entry.IsOpen, entry.IsFlushed) = (false, entry.Actual is not null);
            }
        }
        await CheckAsync();
        var isExact = _dead.Count == 0 && _entries.All(entry => entry.Actual is null || entry.Least == entry.Actual);
        var before = await ReadAllAsync();
        await _store.KillAsync(_authority);
        _authority = _store.Open();
        var after = await ReadAllAsync();
        for (var index = 0; index < Counters.Length; index++)
        {
            var (account, limit) = Counters[index];
            var lost = limit.Unit == LimitUnit.Concurrent ? 0 : before[index].Leased;
            Assert.Equal(new CounterState(before[index].Spent + lost, 0), after[index]);
            Assert.True(_dead.Count > 0 || lost == 0, $"{account} {limit}: {lost} leased though nobody died");
            if (isExact && limit.Window != LimitWindow.Minute)
                Assert.Equal(Sum(account, limit, entry => entry.Actual), after[index].Spent);
            await UseUpAsync(account, limit, after[index].Spent);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var ledger in _dead.Concat(_members.Select(member => member.Ledger)))
            await ledger.DisposeAsync();
        await _store.DisposeAsync();
    }

    private Member NewMember()
    {
        var authority = new ScriptedAuthority(_authority, _time);
        return new Member(authority, NewLedger(authority));
    }

    private QuotaLedger NewLedger(IQuotaAuthority authority) => new(
        authority, new QuotaLedgerOptions { MaxSettleDelay = TimeSpan.FromMinutes(1), OutageTolerance = TimeSpan.FromMinutes(1) }, _time, NullLogger<QuotaLedger>.Instance);

    private async Task ReserveAsync(Member member, AccountId token, int amount)
    {
        var accounts = member.Ledger.Bind([.. Counters.Where(counter => counter.Account == token || counter.Account == AccountId.Project("p"))
            .GroupBy(counter => counter.Account).Select(group => new AccountLimits(group.Key, [.. group.Select(counter => counter.Limit)]))]);
        var demand = new Demand(amount, amount * 3);
        if ((await member.Ledger.ReserveAsync(accounts, null, demand, new Owner(), CancellationToken.None)).Reservation is not { } reservation)
            return;
        var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        _entries.Add(new Entry(member, token, demand, now, reservation));
        // By the plain list: in any minute no more begin than the limit, and at any time no more are open.
        var ofToken = _entries.Where(entry => entry.Token == token).ToList();
        Assert.True(token != Tokens[0] || ofToken.Count(entry => entry.StartedAt > now - 60_000 && !entry.IsReleased) <= 6, "more than six in a minute");
        Assert.True(token != Tokens[0] || ofToken.Count(entry => entry.IsOpen) <= 3, "more than three at a time");
    }

    private static void End(Entry entry, Move move)
    {
        entry.IsOpen = false;
        if (move.Kind == MoveKind.Release)
        {
            entry.IsReleased = true;
            Assert.True(entry.Reservation.Release());
            return;
        }
        var held = entry.Held.Tokens;
        var used = move.Kind == MoveKind.Overrun ? held + move.Amount : move.Amount % (held + 1);
        var actual = new Demand(used, used * 3);
        entry.Actual = actual;
        Assert.True(entry.Reservation.Settle(actual, ((Owner)entry.Reservation.Owner).Record(actual)));
    }

    private async Task FlushAsync(Member member)
    {
        await member.Ledger.FlushAsync(CancellationToken.None);
        foreach (var entry in _entries.Where(entry => entry.Member == member && entry.Actual is not null))
            entry.IsFlushed = true;
    }

    /// <summary>Its process dies: nothing it does reaches the accounts any more.</summary>
    private void Crash(int index)
    {
        var member = _members[index];
        member.Authority.Sever();
        _dead.Add(member.Ledger);
        foreach (var entry in _entries.Where(entry => entry.Member == member))
            entry.IsOpen = false;
        _members[index] = NewMember();
    }

    private async Task<CounterState> ReadAsync(AccountId account, Limit limit) =>
        (await _authority.ReadAsync([new(account, limit.Unit, limit.Window)], CancellationToken.None))[0];

    private async Task<CounterState[]> ReadAllAsync() =>
        await _authority.ReadAsync([.. Counters.Select(counter => new CounterKey(counter.Account, counter.Limit.Unit, counter.Limit.Window))], CancellationToken.None);

    private async Task UseUpAsync(AccountId account, Limit limit, long spent)
    {
        await using var ledger = NewLedger(_authority);
        var accounts = ledger.Bind([new(account, [limit])]);
        Demand Of(long amount) => limit.Unit == LimitUnit.Usd ? new Demand(0, amount) : new Demand(amount, 0);
        if (limit.Unit is LimitUnit.Requests or LimitUnit.Concurrent)
        {
            for (var request = spent; request < limit.Amount; request++)
                Assert.NotNull((await ledger.ReserveAsync(accounts, null, Of(0), new Owner(), CancellationToken.None)).Reservation);
        }
        else if (spent < limit.Amount)
        {
            Assert.NotNull((await ledger.ReserveAsync(accounts, null, Of(limit.Amount - spent), new Owner(), CancellationToken.None)).Reservation);
        }
        Assert.NotNull((await ledger.ReserveAsync(accounts, null, Of(1), new Owner(), CancellationToken.None)).Shortage);
    }

    private long Sum(AccountId account, Limit limit, Func<Entry, Demand?> amount)
    {
        var start = WindowClock.StartOf(limit.Window, _time.GetUtcNow().ToUnixTimeMilliseconds());
        return limit.Unit == LimitUnit.Concurrent
            ? 0
            : _entries.Where(entry => (entry.Token == account || account == AccountId.Project("p")) && WindowClock.StartOf(limit.Window, entry.StartedAt) == start)
                .Sum(entry => amount(entry)?.Of(limit.Unit) ?? 0);
    }
}
