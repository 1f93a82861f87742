using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Limits.Redis;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Limits.Redis;

/// <summary>Accounts in the Redis that tests share, and the usual calls on whichever holder is meant.</summary>
public abstract class RedisAuthorityTest(TimeProvider time) : IAsyncLifetime
{
    /// <summary>A lifetime of tokens.</summary>
    protected static CounterKey Lifetime { get; } = Counter(LimitWindow.Lifetime);

    private protected RedisQuotaStore Store { get; private set; } = null!;

    private protected RedisQuotaOptions Options { get; init; } = new();

    public virtual async ValueTask InitializeAsync() => Store = await RedisQuotaStore.NewAsync(await RedisServer.SharedAsync(), time, Options);

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Store.DisposeAsync();
    }

    protected static CounterKey Counter(LimitWindow window, LimitUnit unit = LimitUnit.Tokens, string account = "token:one") => new(new AccountId(account), unit, window);

    /// <summary>The counter in its present window.</summary>
    protected CounterInstance Now(CounterKey key) => new(key, WindowClock.StartOf(key.Window, time.GetUtcNow().ToUnixTimeMilliseconds()));

    protected async Task<LeaseAnswer> LeaseAsync(IQuotaAuthority holder, CounterKey counter, long limit, long need, long want = 0) =>
        (await holder.LeaseAsync(default, new LeaseRequest[] { new(Now(counter), limit, need, Math.Max(need, want)) }, CancellationToken.None))[0];

    protected async Task ReturnAsync(IQuotaAuthority holder, CounterKey counter, long limit, long amount) =>
        await holder.LeaseAsync(new LeaseAmount[] { new(Now(counter), limit, amount) }, default, CancellationToken.None);

    protected async Task SettleAsync(IQuotaAuthority holder, string requestId, CounterKey counter, long limit, long amount, long excess = 0) => await holder.SettleAsync(
        [new Settlement(UsageRecords.Of(requestId), [new(Now(counter), limit, amount)], excess == 0 ? [] : [new(Now(counter), limit, excess)])], CancellationToken.None);

    protected static async Task<CounterState> ReadAsync(IQuotaAuthority holder, CounterKey counter) => (await holder.ReadAsync([counter], CancellationToken.None))[0];
}
