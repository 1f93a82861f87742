using CredentialProxy.Core.Limits;
using Microsoft.Extensions.Logging.Abstractions;

namespace CredentialProxy.Tests.Limits.Ledger;

/// <summary>Three ledgers on the same accounts, and beside them a plain list of what was asked of them, which says what the accounts must hold.</summary>
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

    private readonly ModelAccounts _accounts;
    private readonly List<Entry> _entries = [];
    private readonly List<QuotaLedger> _dead = [];
    private readonly Dictionary<(Member Member, CounterInstance Counter), long> _closed = [];
    private readonly Dictionary<CounterInstance, long> _lost = []; // what was closed and no request held
    private readonly Member[] _members = new Member[3];
    private bool _hasClosed; // leases are spent when their member dies, not at the end

    private LedgerModel(ModelAccounts accounts)
    {
        _accounts = accounts;
        for (var index = 0; index < _members.Length; index++)
            _members[index] = NewMember();
    }

    /// <summary>By the clock that never jumps.</summary>
    private long PassedMs => (long)TimeSpan.FromSeconds((double)_accounts.Time.GetTimestamp() / _accounts.Time.TimestampFrequency).TotalMilliseconds;

    public static async Task<LedgerModel> StartAsync(Func<Task<ModelAccounts>> start) => new(await start());

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
                await _accounts.PassAsync(TimeSpan.FromMilliseconds(move.Amount * 100));
                break;
            case MoveKind.Crash:
                await CrashAsync(index);
                break;
            case MoveKind.Expire:
                _hasClosed |= Close(_members[index], await _accounts.ExpireAsync(_members[index]));
                break;
            case MoveKind.Jump:
                _accounts.Jump(_members[index], move.Amount);
                break;
        }
    }

    /// <summary>No limit is exceeded; everything flushed is spent; nothing is spent that was neither settled nor closed, and nothing twice.</summary>
    public async Task CheckAsync()
    {
        foreach (var (account, limit) in Counters)
        {
            var state = await ReadAsync(account, limit);
            Assert.True(state.Spent + state.Leased <= limit.Amount, $"{account} {limit}: {state}");
            if (limit.Window != LimitWindow.Minute)
                Assert.InRange(state.Spent, LeastSpent(account, limit), MostSpent(account, limit));
        }
        Assert.All(_members, member => Assert.Equal(_entries.Count(entry => entry.IsOpen && entry.Member == member), member.Ledger.OpenReservations));
    }

    /// <summary>The living end properly, the accounts change hands: the leases of the dead are spent, all that is left can be used.</summary>
    public async Task EndAsync()
    {
        foreach (var member in _members)
        {
            member.Time.JumpTo(TimeSpan.Zero);
            await member.Ledger.DisposeAsync();
            foreach (var entry in _entries.Where(entry => entry.Member == member))
            {
                entry.Actual = entry.IsOpen ? entry.Held : entry.Actual;
                (entry.IsOpen, entry.IsFlushed) = (false, entry.Actual is not null);
            }
        }
        await CheckAsync();
        var isExact = _dead.Count == 0 && !_hasClosed && _entries.All(entry => entry.Actual is null || entry.LeastSettled == entry.Actual);
        var before = await ReadAllAsync();
        await _accounts.LeaveAsync(_members);
        var after = await ReadAllAsync();
        for (var index = 0; index < Counters.Length; index++)
        {
            var (account, limit) = Counters[index];
            var lost = limit.Unit == LimitUnit.Concurrent ? 0 : before[index].Leased;
            Assert.Equal(new CounterState(before[index].Spent + lost, 0), after[index]);
            Assert.True((_dead.Count > 0 && !_hasClosed) || before[index].Leased == 0, $"{account} {limit}: {before[index].Leased} leased though nobody has it");
            if (isExact && limit.Window != LimitWindow.Minute)
                Assert.Equal(MostSpent(account, limit), after[index].Spent);
            await UseUpAsync(account, limit, after[index].Spent);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var ledger in _dead.Concat(_members.Select(member => member.Ledger)))
            await ledger.DisposeAsync();
        await _accounts.DisposeAsync();
    }

    private Member NewMember()
    {
        var (authority, time) = _accounts.Enter();
        var scripted = new ScriptedAuthority(authority, time);
        return new Member(scripted, NewLedger(scripted, time), time);
    }

    private static QuotaLedger NewLedger(IQuotaAuthority authority, TimeProvider time) => new(
        authority, new QuotaLedgerOptions { MaxSettleDelay = TimeSpan.FromMinutes(1), OutageTolerance = TimeSpan.FromMinutes(1) }, time, NullLogger<QuotaLedger>.Instance);

    private async Task ReserveAsync(Member member, AccountId token, int amount)
    {
        var accounts = member.Ledger.Bind([.. Counters.Where(counter => counter.Account == token || counter.Account == AccountId.Project("p"))
            .GroupBy(counter => counter.Account).Select(group => new AccountLimits(group.Key, [.. group.Select(counter => counter.Limit)]))]);
        var demand = new Demand(amount, amount * 3);
        var outcome = await WaitAsync(member.Ledger.ReserveAsync(accounts, null, demand, new Owner(), CancellationToken.None).AsTask());
        if (outcome.Reservation is not { } reservation)
            return;
        var now = PassedMs;
        _entries.Add(new Entry(member, token, demand, member.Time.GetUtcNow().ToUnixTimeMilliseconds(), now, reservation) { IsUntold = _accounts.IsUntold(member) });
        // By the plain list: in any minute no more begin than the limit, and at any time no more are open, but for those of whom a member was taken for dead.
        var ofToken = _entries.Where(entry => entry.Token == token && !entry.IsUntold).ToList();
        Assert.True(token != Tokens[0] || ofToken.Count(entry => entry.PassedAt > now - 60_000 && !entry.IsReleased) <= 6, "more than six in a minute");
        Assert.True(token != Tokens[0] || ofToken.Count(entry => entry.IsOpen && entry.Closed is null) <= 3, "more than three at a time");
    }

    /// <summary>Lets time pass where somebody waits for it.</summary>
    private async Task<T> WaitAsync<T>(Task<T> task)
    {
        while (await Task.WhenAny(task, Task.Delay(250)) != task)
            await _accounts.PassAsync(TimeSpan.FromMilliseconds(100));
        return await task;
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
        Assert.True(entry.Reservation.Settle(actual, entry.Owner.Record(actual)));
    }

    private async Task FlushAsync(Member member)
    {
        await WaitAsync(FlushedAsync(member.Ledger));
        foreach (var entry in _entries.Where(entry => entry.Member == member && entry.Actual is not null))
            entry.IsFlushed = true;
    }

    private static async Task<bool> FlushedAsync(QuotaLedger ledger)
    {
        await ledger.FlushAsync(CancellationToken.None);
        return true;
    }

    /// <summary>Its process dies: nothing it does reaches the accounts any more.</summary>
    private async Task CrashAsync(int index)
    {
        var member = _members[index];
        _hasClosed |= Close(member, await _accounts.CrashAsync(member));
        _dead.Add(member.Ledger);
        foreach (var entry in _entries.Where(entry => entry.Member == member))
            entry.IsOpen = false;
        _members[index] = NewMember();
    }

    /// <summary>What a member had leased is spent: what its requests held, and what it had ahead of need, which is lost.</summary>
    private bool Close(Member member, Closing? closing)
    {
        if (closing is null)
            return false;
        foreach (var entry in _entries.Where(entry => entry.Member == member && entry.Actual is not null))
            entry.IsFlushed = closing.Settled.Contains(entry.Owner.RequestId);
        if (!_closed.Keys.Any(closed => closed.Member == member))
        {
            foreach (var entry in _entries.Where(entry => entry.Member == member))
                entry.IsFlushedBeforeClosing = entry.IsFlushed;
        }
        var held = _entries.Where(entry => entry.Member == member && entry.Closed is null && entry.Leased is not null).ToList();
        foreach (var (counter, amount) in closing.Leases)
        {
            var ofRequests = held.Where(entry => CountsIn(entry, counter)).Sum(entry => entry.Leased!.Value.Of(counter.Key.Unit));
            _closed[(member, counter)] = _closed.GetValueOrDefault((member, counter)) + amount;
            _lost[counter] = _lost.GetValueOrDefault(counter) + Math.Max(0, amount - ofRequests);
        }
        foreach (var entry in held)
            entry.Close();
        return true;
    }

    private static bool CountsIn(Entry entry, CounterInstance counter) =>
        (counter.Key.Account == entry.Token || counter.Key.Account == AccountId.Project("p"))
        && WindowClock.LeaseStartOf(counter.Key.Window, entry.StartedAt) == WindowClock.LeaseStartOf(counter.Key.Window, counter.Start);

    private async Task<CounterState> ReadAsync(AccountId account, Limit limit) =>
        (await _accounts.Observer.ReadAsync([new(account, limit.Unit, limit.Window)], CancellationToken.None))[0];

    private async Task<CounterState[]> ReadAllAsync() =>
        await _accounts.Observer.ReadAsync([.. Counters.Select(counter => new CounterKey(counter.Account, counter.Limit.Unit, counter.Limit.Window))], CancellationToken.None);

    private async Task UseUpAsync(AccountId account, Limit limit, long spent)
    {
        await using var ledger = NewLedger(_accounts.Observer, _accounts.Time);
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

    private CounterInstance PresentOf(AccountId account, Limit limit) =>
        new(new CounterKey(account, limit.Unit, limit.Window), WindowClock.StartOf(limit.Window, _accounts.Time.GetUtcNow().ToUnixTimeMilliseconds()));

    /// <summary>What was settled; and of a member whose leases were closed these, which pay for what it settles after.</summary>
    private long LeastSpent(AccountId account, Limit limit)
    {
        if (limit.Unit == LimitUnit.Concurrent)
            return 0;
        var counter = PresentOf(account, limit);
        var flushed = _entries.Where(entry => entry.IsFlushed && CountsIn(entry, counter)).ToList();
        return flushed.Select(entry => entry.Member).Concat(_closed.Keys.Select(closed => closed.Member)).Distinct().Sum(member =>
        {
            long Settled(bool before) => flushed.Where(entry => entry.Member == member && entry.IsFlushedBeforeClosing == before).Sum(entry => entry.LeastSettled!.Value.Of(limit.Unit));
            return Settled(before: true) + Math.Max(Settled(before: false), _closed.GetValueOrDefault((member, counter)));
        });
    }

    /// <summary>What was settled or closed, each request once.</summary>
    private long MostSpent(AccountId account, Limit limit)
    {
        var counter = PresentOf(account, limit);
        return limit.Unit == LimitUnit.Concurrent ? 0 : _lost.GetValueOrDefault(counter) + _entries.Where(entry => CountsIn(entry, counter)).Sum(entry => entry.Most.Of(limit.Unit));
    }
}
