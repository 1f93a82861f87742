using System.Collections.Immutable;
using CredentialProxy.Core.Limits;
using CredentialProxy.Tests.Limits.Sqlite;
using CredentialProxy.Tests.Running;
using Microsoft.Extensions.Logging.Abstractions;

namespace CredentialProxy.Tests.Limits.Ledger;

/// <summary>A ledger, with the time in hand, on the embedded authority, which can be told to fail.</summary>
public abstract class LedgerTest : IAsyncLifetime
{
    private readonly List<QuotaLedger> _ledgers = [];
    private SqliteQuotaStore _store = null!;

    protected static AccountId Token { get; } = AccountId.Token("one");

    protected static AccountId Project { get; } = AccountId.Project("one");

    private protected static TimeSpan Ms { get; } = TimeSpan.FromMilliseconds(1);

    protected static TimeSpan Second { get; } = TimeSpan.FromSeconds(1);

    /// <summary>Half an hour before a month, a day and an hour end.</summary>
    private protected JumpingTime Time { get; } = new(new DateTimeOffset(2027, 1, 31, 23, 30, 0, TimeSpan.Zero));

    private protected ScriptedAuthority Authority { get; private set; } = null!;

    /// <summary>The ledger under test; a test of several makes more.</summary>
    protected QuotaLedger Ledger { get; private set; } = null!;

    /// <summary>Its settings.</summary>
    protected virtual QuotaLedgerOptions Options => new();

    public virtual async ValueTask InitializeAsync()
    {
        _store = await SqliteQuotaStore.NewAsync(Time);
        Authority = new ScriptedAuthority(_store.Open(), Time);
        Ledger = NewLedger(Authority);
    }

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        Authority.ReleaseAll();
        foreach (var ledger in _ledgers)
            await ledger.DisposeAsync();
        await _store.DisposeAsync();
    }

    private protected QuotaLedger NewLedger(IQuotaAuthority authority, QuotaLedgerOptions? options = null, ISettlementJournal? journal = null)
    {
        var ledger = new QuotaLedger(authority, options ?? Options, Time, NullLogger<QuotaLedger>.Instance, journal);
        _ledgers.Add(ledger);
        return ledger;
    }

    protected static Limit Tokens(long amount, LimitWindow window = LimitWindow.Lifetime) => new(LimitUnit.Tokens, amount, window);

    protected static Limit Requests(long amount, LimitWindow window = LimitWindow.Lifetime) => new(LimitUnit.Requests, amount, window);

    protected static Limit Concurrent(long amount) => new(LimitUnit.Concurrent, amount, LimitWindow.Lifetime);

    /// <summary>The token's account with these limits.</summary>
    protected static ImmutableArray<AccountLimits> OnToken(params ImmutableArray<Limit> limits) => [new(Token, limits)];

    protected BoundAccounts Bind(params ImmutableArray<Limit> limits) => Ledger.Bind(OnToken(limits));

    protected ValueTask<ReserveOutcome> TryReserveAsync(BoundAccounts accounts, long tokens, CancellationToken cancellationToken = default) =>
        TryReserveAsync(Ledger, accounts, tokens, cancellationToken);

    protected static ValueTask<ReserveOutcome> TryReserveAsync(QuotaLedger ledger, BoundAccounts accounts, long tokens, CancellationToken cancellationToken = default) =>
        ledger.ReserveAsync(accounts, null, new Demand(tokens, 0), new Owner(), cancellationToken);

    /// <summary>Reserves, which must work.</summary>
    protected Task<Reservation> ReserveAsync(BoundAccounts accounts, long tokens) => ReserveAsync(Ledger, accounts, tokens);

    protected static async Task<Reservation> ReserveAsync(QuotaLedger ledger, BoundAccounts accounts, long tokens)
    {
        var outcome = await TryReserveAsync(ledger, accounts, tokens);
        Assert.False(outcome.IsUnavailable);
        Assert.Null(outcome.Shortage);
        return outcome.Reservation!;
    }

    /// <summary>Reserves, which must be refused.</summary>
    protected async Task<LimitShortage> RefusedAsync(BoundAccounts accounts, long tokens)
    {
        var outcome = await TryReserveAsync(accounts, tokens);
        Assert.Null(outcome.Reservation);
        Assert.False(outcome.IsUnavailable);
        return outcome.Shortage!;
    }

    /// <summary>Reserves and settles what was reserved, and has it written.</summary>
    protected async Task SpendAsync(BoundAccounts accounts, long tokens)
    {
        Assert.True(Settle(await ReserveAsync(accounts, tokens), tokens));
        await FlushAsync();
    }

    private protected static bool Settle(Reservation reservation, long tokens) => Settle(reservation, new Demand(tokens, 0));

    private protected static bool Settle(Reservation reservation, Demand actual) => reservation.Settle(actual, ((Owner)reservation.Owner).Record(actual));

    protected async Task FlushAsync() => await Ledger.FlushAsync(CancellationToken.None);

    /// <summary>What the authority has of a limit of the token, in its present window.</summary>
    protected Task<CounterState> StateAsync(Limit limit) => StateAsync(Token, limit);

    protected async Task<CounterState> StateAsync(AccountId account, Limit limit) =>
        (await Authority.ReadAsync([new(account, limit.Unit, limit.Window)], CancellationToken.None))[0];

    /// <summary>The ids of all requests that are recorded.</summary>
    protected async Task<IReadOnlyList<string>> RecordedAsync() => [.. (await _store.RecordsAsync()).Select(row => row.RequestId)];

    private protected SqliteQuotaStore Store => _store;

    /// <summary>Lets a second pass, and waits until ledgers have done what they do every second.</summary>
    protected async Task PassASecondAsync(params QuotaLedger[] ledgers)
    {
        Time.Advance(Second);
        // A keeper serves in the order in which it was told, and this only the keeper can serve.
        foreach (var ledger in ledgers)
            await ReserveAsync(ledger, ledger.Bind([new(AccountId.Token(Guid.NewGuid().ToString()), [Requests(1)])]), 0);
    }

    /// <summary>Lets time pass in steps until something that happens in the background has; there is no end to the time, only to the patience.</summary>
    protected Task PassUntilAsync(TimeSpan step, Func<Task<bool>> condition, string what) => Product.EventuallyAsync(
        async () =>
        {
            if (await condition())
                return true;
            Time.Advance(step);
            return false;
        },
        what);

    /// <summary>Waits for something that happens in the background, without time passing.</summary>
    protected static Task EventuallyAsync(Func<bool> condition, string what) => Product.EventuallyAsync(() => Task.FromResult(condition()), what);
}
