using CredentialProxy.Core.Limits;
using Microsoft.Extensions.Time.Testing;

namespace CredentialProxy.Tests.Limits.Contract;

/// <summary>
/// What every <see cref="IQuotaAuthority"/> must do, in a few classes by topic. A new kind of authority derives one test class from each and gives them its
/// store.
/// </summary>
public abstract class AuthorityContract(Func<TimeProvider, Task<IQuotaStore>> createStore) : IAsyncLifetime
{
    private IQuotaAuthority? _authority;

    /// <summary>Half an hour before a month, a day and an hour end.</summary>
    protected FakeTimeProvider Time { get; } = new(new DateTimeOffset(2027, 1, 31, 23, 30, 0, TimeSpan.Zero));

    protected IQuotaStore Store { get; private set; } = null!;

    /// <summary>The present holder.</summary>
    protected IQuotaAuthority Authority => _authority ??= Store.Open();

    /// <summary>A lifetime of tokens.</summary>
    protected static CounterKey Lifetime { get; } = Counter(LimitWindow.Lifetime);

    public async ValueTask InitializeAsync() => Store = await createStore(Time);

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Store.DisposeAsync();
    }

    protected static CounterKey Counter(LimitWindow window, LimitUnit unit = LimitUnit.Tokens, string account = "token:one") => new(new AccountId(account), unit, window);

    /// <summary>The present window of the counter; of a sliding one the present bucket.</summary>
    protected CounterInstance Now(CounterKey key) => new(key, WindowClock.StartOf(key.Window, Time.GetUtcNow().ToUnixTimeMilliseconds()));

    /// <summary>Ends the present holder without its giving anything back; the next one begins with the next call.</summary>
    protected async Task CrashAsync()
    {
        await Store.KillAsync(Authority);
        _authority = null;
    }

    protected async Task<LeaseAnswer[]> LeaseAsync(params LeaseRequest[] requests) => await Authority.LeaseAsync(default, requests, CancellationToken.None);

    protected Task<LeaseAnswer> LeaseAsync(CounterKey counter, long limit, long need, long want = 0) => LeaseAsync(Now(counter), limit, need, want);

    protected async Task<LeaseAnswer> LeaseAsync(CounterInstance counter, long limit, long need, long want = 0) =>
        (await LeaseAsync(new LeaseRequest(counter, limit, need, Math.Max(need, want))))[0];

    protected async Task ReturnAsync(CounterKey counter, long limit, long amount) =>
        await Authority.LeaseAsync(new LeaseAmount[] { new(Now(counter), limit, amount) }, default, CancellationToken.None);

    /// <summary>Settles a request that used all that it leased.</summary>
    protected Task SettleAsync(string requestId, CounterKey counter, long limit, long amount) => SettleAsync(requestId, [new(Now(counter), limit, amount)]);

    protected async Task SettleAsync(string requestId, LeaseAmount[] charges, LeaseAmount[]? excess = null) =>
        await Authority.SettleAsync([new Settlement(UsageRecords.Of(requestId), charges, excess ?? [])], CancellationToken.None);

    /// <summary>Spends an amount: leases it and settles it.</summary>
    protected async Task SpendAsync(string requestId, CounterKey counter, long limit, long amount)
    {
        Assert.Equal(amount, (await LeaseAsync(counter, limit, amount)).Granted);
        await SettleAsync(requestId, counter, limit, amount);
    }

    protected async Task<CounterState> ReadAsync(CounterKey counter) => (await Authority.ReadAsync([counter], CancellationToken.None))[0];

    protected async Task<IEnumerable<string>> RecordedAsync() => (await Store.RecordsAsync()).Select(record => record.RequestId);
}
