using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Limits.Redis;
using CredentialProxy.Tests.Limits;
using CredentialProxy.Tests.Running;
using StackExchange.Redis;

namespace CredentialProxy.Tests.Rebuilding;

/// <summary>A gateway with one limit, and a count of what it holds and has spent of it that is kept apart from its own.</summary>
internal sealed class SpendingGateway(RedisQuotaAuthority authority, string name, CounterKey counter, long limit)
{
    private readonly Dictionary<string, long> _settled = [];

    /// <summary>What it has leased, and neither settled nor given back.</summary>
    public long Held { get; private set; }

    /// <summary>What its requests have cost, each by its id.</summary>
    public IReadOnlyDictionary<string, long> Settled => _settled;

    public async Task<long> LeaseAsync(long need, long ahead = 0)
    {
        var granted = 0L;
        await UntilAvailableAsync(async () =>
            granted = (await authority.LeaseAsync(default, new LeaseRequest[] { new(new CounterInstance(counter, 0), limit, need, need + ahead) }, CancellationToken.None))[0].Granted);
        Held += granted;
        return granted;
    }

    /// <summary>Leases all that is left, to the last micro-dollar.</summary>
    public async Task DrainAsync()
    {
        for (var need = limit; need > 0; need /= 2)
        {
            while (await LeaseAsync(need) > 0)
            {
                // As often as it fits.
            }
        }
    }

    public async Task ReturnAsync(long amount)
    {
        await UntilAvailableAsync(async () => await authority.LeaseAsync(new[] { Amount(amount) }, default, CancellationToken.None));
        Held -= amount;
    }

    public async Task SettleAsync(long amount)
    {
        var id = $"{name}-{_settled.Count}";
        await UntilAvailableAsync(async () => await authority.SettleAsync([new Settlement(UsageRecords.Of(id), [Amount(amount)], [])], CancellationToken.None));
        Held -= amount;
        _settled[id] = amount;
    }

    /// <summary>Looks whether the accounts are what it knows, and says what it holds when they are not.</summary>
    public Task LookAsync() => Product.EventuallyAsync(
        async () => await Record.ExceptionAsync(() => authority.OpenAsync(CancellationToken.None).AsTask()) is var told && (told is null || told.Message.Contains("are being rebuilt", StringComparison.Ordinal)),
        "it has looked");

    /// <summary>Gives back what it holds and ends in good order.</summary>
    public async Task EndAsync()
    {
        await ReturnAsync(Held);
        await authority.DisposeAsync();
    }

    public Task DieAsync() => authority.AbandonAsync().AsTask();

    /// <summary>
    /// What docs/operations.md says that it may cost, once Redis has lost something: settled(g), of which neither Redis nor Postgres has anything left, and leased(g), less known(g), which Redis still
    /// has as its lease.
    /// </summary>
    public async Task<long> CostAsync(IDatabase redis, RedisKeys keys, IReadOnlySet<string> recorded)
    {
        var known = (await redis.HashValuesAsync(keys.Leases(authority.LastHolder))).Sum(lease => (long)lease);
        return _settled.Where(request => !recorded.Contains(request.Key)).Sum(request => request.Value) + Held - known;
    }

    private LeaseAmount Amount(long amount) => new(new CounterInstance(counter, 0), limit, amount);

    // As the ledger does it: what is unavailable is asked again.
    private static Task UntilAvailableAsync(Func<Task> call) => Product.EventuallyAsync(
        async () =>
        {
            try
            {
                await call();
                return true;
            }
            catch (QuotaAuthorityUnavailableException)
            {
                return false;
            }
        },
        "the accounts are available");
}
