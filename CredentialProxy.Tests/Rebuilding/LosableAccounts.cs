using CredentialProxy.Core.Limits.Redis;
using CredentialProxy.Tests.Limits.Redis;
using CredentialProxy.Tests.Running;
using StackExchange.Redis;

namespace CredentialProxy.Tests.Rebuilding;

/// <summary>Accounts in a Redis that loses what it was told since a moment, or all of it; some gateways reach it by a line that breaks with it.</summary>
internal sealed class LosableAccounts : IAsyncDisposable
{
    private const string Marker = "everything-before-is-on-the-replica";

    private readonly Loss _loss;
    private readonly RedisServer _redis;
    private readonly RedisServer? _replica;
    private readonly BreakableLine _line;
    private readonly BreakableLine _replication;
    private IConnectionMultiplexer _cutOffConnection = null!;
    private long _length;

    private LosableAccounts(Loss loss, RedisServer redis, RedisServer? replica)
    {
        (_loss, _redis, _replica) = (loss, redis, replica);
        (_line, CutOff, _replication) = (new BreakableLine(redis.Port), new BreakableLine(redis.Port), new BreakableLine(redis.Port));
    }

    /// <summary>The line of gateways that are cut off.</summary>
    public BreakableLine CutOff { get; }

    public RedisQuotaStore Store { get; private set; } = null!;

    /// <summary>What there is by now: of the replica, once it is promoted.</summary>
    public IDatabase Database { get; private set; } = null!;

    public static async Task<LosableAccounts> StartAsync(Loss loss, RedisQuotaOptions options)
    {
        var accounts = new LosableAccounts(loss, await RedisServer.StartAsync(), loss == Loss.LagOfReplica ? await RedisServer.StartAsync() : null);
        accounts.Database = accounts._redis.Database;
        accounts.Store = await RedisQuotaStore.NewAsync(accounts._redis, TimeProvider.System, options, beginsEmpty: false);
        accounts._cutOffConnection = await accounts.Store.ConnectAsync(accounts.CutOff.Address);
        await accounts.Store.ConnectAsync(accounts._line.Address);
        if (accounts._replica is { } replica)
        {
            // It would wait five seconds for other replicas.
            await accounts.Database.ExecuteAsync("CONFIG", "SET", "repl-diskless-sync-delay", "0");
            await replica.Database.ExecuteAsync("REPLICAOF", accounts._replication.Address.Split(':'));
        }
        return accounts;
    }

    /// <summary>A gateway that is cut off when the accounts are lost.</summary>
    public RedisQuotaAuthority OpenCutOff(TimeProvider? time = null) => Store.OpenAuthority(time, connection: _cutOffConnection);

    /// <summary>From here on what Redis is told is lost, where not everything is.</summary>
    public async Task BeginLostTimeAsync()
    {
        _length = _redis.FileLength;
        if (_replica is null)
            return;
        // WAIT waits for what its own connection has written, and so for all that was written before.
        await Product.EventuallyAsync(
            async () =>
            {
                await Database.StringSetAsync(Marker, 1);
                return (long)await Database.ExecuteAsync("WAIT", 1, 1_000) == 1;
            },
            "the replica has what there is");
        _replication.Cut();
    }

    /// <summary>Loses it. Gateways on the line that breaks stay cut off.</summary>
    public async Task LoseAsync()
    {
        CutOff.Cut();
        switch (_loss)
        {
            case Loss.EndOfFile:
                await _redis.KillAsync();
                _redis.CutFile(_length);
                await _redis.StartAgainAsync();
                await Store.AllowUserAsync();
                break;
            case Loss.LagOfReplica:
                _line.Cut();
                await _redis.KillAsync();
                await PromoteAsync(_replica!);
                break;
            default:
                await Database.ExecuteAsync("FLUSHALL");
                break;
        }
        await Product.EventuallyAsync(() => Task.FromResult(Store.Connection.GetDatabase().IsConnected(Store.Keys.Epoch)), "it is connected");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var line in new[] { _line, CutOff })
            line.Mend();
        await Store.DisposeAsync();
        foreach (var line in new[] { _line, CutOff, _replication })
            await line.DisposeAsync();
        foreach (var server in new[] { _redis, _replica }.OfType<RedisServer>())
            await server.DisposeAsync();
    }

    private async Task PromoteAsync(RedisServer replica)
    {
        await replica.Database.ExecuteAsync("REPLICAOF", "NO", "ONE");
        await Store.AllowUserAsync(replica);
        Database = replica.Database;
        _line.LeadTo(replica.Port);
        CutOff.LeadTo(replica.Port);
        _line.Mend();
    }
}
