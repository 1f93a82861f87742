using System.Collections.Concurrent;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Limits.Redis;
using CredentialProxy.Core.Limits.Redis.Entries;
using CredentialProxy.Tests.Running;
using CredentialProxy.Tests.Storage;

namespace CredentialProxy.Tests.Rebuilding;

/// <summary>Gateways that spend one limit when Redis loses it: some end with it, some come too late to say what they hold, and some live.</summary>
internal sealed class LossScene : IAsyncDisposable
{
    private static readonly CounterKey Counter = new(new AccountId("project:p"), LimitUnit.Usd, LimitWindow.Lifetime);

    private readonly TemporaryPostgres _postgres;
    private readonly long _limit;

    private LossScene(LosableAccounts accounts, TemporaryPostgres postgres, RunningControlPlane control, long limit) => (Accounts, _postgres, Control, _limit) = (accounts, postgres, control, limit);

    public LosableAccounts Accounts { get; }

    public RunningControlPlane Control { get; }

    /// <summary>D.</summary>
    public IReadOnlyList<SpendingGateway> Dead { get; private set; } = [];

    /// <summary>L.</summary>
    public IReadOnlyList<SpendingGateway> Late { get; private set; } = [];

    /// <summary>Those that say in time what they hold.</summary>
    public IReadOnlyList<SpendingGateway> InTime { get; private set; } = [];

    public IEnumerable<SpendingGateway> All => [.. Dead, .. Late, .. InTime];

    public static async Task<LossScene> SetAsync(Loss loss, long limit, int dead, int late, int inTime)
    {
        var (accounts, postgres) = (await LosableAccounts.StartAsync(loss, new RedisQuotaOptions { HolderLifetime = TimeSpan.FromSeconds(1) }), await TemporaryPostgres.CreateAsync());
        var scene = new LossScene(accounts, postgres, RunningControlPlane.Make(accounts.Store, postgres, new ConcurrentQueue<string>()), limit);
        await scene.Control.OpenAsync();
        scene.Dead = scene.Gateways("dead", dead, () => accounts.Store.OpenAuthority());
        scene.Late = scene.Gateways("late", late, () => accounts.OpenCutOff());
        scene.InTime = scene.Gateways("in-time", inTime, () => accounts.Store.OpenAuthority());
        return scene;
    }

    /// <summary>One more that says in time what it holds.</summary>
    public SpendingGateway AddInTime(RedisQuotaAuthority authority)
    {
        InTime = [.. InTime, new SpendingGateway(authority, $"another-{InTime.Count}", Counter, _limit)];
        return InTime[^1];
    }

    /// <summary>Ends those that end, has Redis lose what it loses, and answers what docs/operations.md says that this costs at worst.</summary>
    public async Task<long> LoseAsync()
    {
        foreach (var gateway in Dead)
            await gateway.DieAsync();
        await Accounts.LoseAsync();
        var waiting = (await Accounts.Database.StreamRangeAsync(Accounts.Store.Keys.Usage)).Select(entry => StreamedUsage.Read(entry).Record?.RequestId).OfType<string>();
        var recorded = waiting.Concat(await RecordedAsync()).ToHashSet(StringComparer.Ordinal);
        var bound = 0L;
        foreach (var gateway in Dead.Concat(Late))
            bound += await gateway.CostAsync(Accounts.Database, Accounts.Store.Keys, recorded);
        return bound;
    }

    /// <summary>Spends all that the limit still gives, then what those hold that come late, and answers how much was spent in all beyond the limit.</summary>
    public async Task<long> OverspendAsync()
    {
        foreach (var gateway in InTime)
            await gateway.LookAsync();
        await Control.OpenAsync();
        var next = new SpendingGateway(Accounts.Store.OpenAuthority(), "next", Counter, _limit);
        await next.DrainAsync();
        await Control.StartAsync();
        Accounts.CutOff.Mend();
        SpendingGateway[] living = [.. Late, .. InTime, next];
        foreach (var gateway in living.Where(gateway => gateway.Held > 0))
            await gateway.SettleAsync(gateway.Held);
        Assert.Equal(0, await next.LeaseAsync(1));
        await NothingIsMissingAsync(living);
        // A provider may have done, and charged, all that those had open that ended.
        return living.Concat(Dead).Sum(gateway => gateway.Settled.Values.Sum()) + Dead.Sum(gateway => gateway.Held) - _limit;
    }

    public async ValueTask DisposeAsync()
    {
        await Control.DisposeAsync();
        await Accounts.DisposeAsync();
        await _postgres.DisposeAsync();
    }

    private async Task NothingIsMissingAsync(IEnumerable<SpendingGateway> living)
    {
        var settled = living.SelectMany(gateway => gateway.Settled.Keys).ToList();
        await Product.EventuallyAsync(async () => !settled.Except(await RecordedAsync(), StringComparer.Ordinal).Any(), "all that living gateways settled is recorded");
    }

    private async Task<IReadOnlyList<string>> RecordedAsync() => [.. await _postgres.QueryAsync<string>("SELECT \"RequestId\" FROM \"usage\"")];

    private List<SpendingGateway> Gateways(string name, int count, Func<RedisQuotaAuthority> open) =>
        [.. Enumerable.Range(1, count).Select(number => new SpendingGateway(open(), $"{name}-{number}", Counter, _limit))];
}
