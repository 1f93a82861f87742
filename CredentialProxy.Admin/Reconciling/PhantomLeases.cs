using CredentialProxy.Core.Limits.Redis;
using StackExchange.Redis;

namespace CredentialProxy.Admin.Reconciling;

/// <summary>What was found in one look through all counters.</summary>
/// <param name="Freed">What was leased and held by nobody, by counter.</param>
/// <param name="Orphans">Holders that were neither alive nor counted as dead, and had leases; they are closed as spent.</param>
internal sealed record Phantoms(IReadOnlyDictionary<string, long> Freed, IReadOnlyList<string> Orphans);

/// <summary>
/// Finds what is leased in Redis and held by no gateway. Looking through everything takes a while, in which leases come and go; so what seems to be held by nobody is counted again, with its
/// counter, in one script, and only what is left then is freed.
/// </summary>
internal sealed class PhantomLeases(IConnectionMultiplexer redis, RedisQuotaOptions options, TimeProvider time)
{
    /// <summary>Counters that are counted again in one round: each takes a look through all leases, in which Redis does nothing else.</summary>
    private const int MaxSuspects = 50;

    private const int PageSize = 1_000;

    private readonly IDatabase _database = redis.GetDatabase();
    private readonly RedisKeys _keys = new(options.Name);

    /// <summary>Finds and frees them.</summary>
    public async Task<Phantoms> FreeAsync()
    {
        var epoch = (string?)await _database.StringGetAsync(_keys.Epoch) ?? "";
        if (epoch.Length == 0 || epoch.Contains(':', StringComparison.Ordinal))
        {
            return new Phantoms(new Dictionary<string, long>(), []);
        }
        var orphans = await BuryOrphansAsync(epoch);
        var held = await HeldAsync(await HoldersAsync());
        var suspects = new List<string>();
        await foreach (var key in KeysAsync(_keys.AnyCounter))
        {
            var name = _keys.NameOf(key);
            // A later version's is that one's to free.
            if (await _database.HashGetAsync(key, "leased") is { IsNull: false } leased && (long)leased > held.GetValueOrDefault(name) && suspects.Count < MaxSuspects && RedisKeys.TryParseCounter(name, out _))
            {
                suspects.Add(name);
            }
        }
        var freed = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var suspect in suspects)
        {
            if (await FreeAsync(epoch, suspect) is var amount and > 0)
            {
                freed[suspect] = amount;
            }
        }
        return new Phantoms(freed, orphans);
    }

    private async Task<long> FreeAsync(string epoch, string name)
    {
        var holders = await HoldersAsync();
        var counter = RedisKeys.ParseCounter(name);
        var nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        var call = new RedisCall(_keys, epoch, nowMs, nowMs);
        var reply = await call.WithKeys(_keys.Epoch, _keys.Counter(counter.Key, counter.Start), _keys.Holders, _keys.Dead)
            .WithKeys([.. holders.Select(_keys.Leases)]).With(call.KeepMs(counter)).With([.. holders.Select(holder => (RedisValue)holder)]).RunAsync(RedisScripts.Shared.Reconcile, _database);
        // A holder that came in between: next time.
        return reply[0] == "done" ? long.Parse(reply[1], System.Globalization.CultureInfo.InvariantCulture) : 0;
    }

    // How much of them was passed on can't be known, so they count as spent, as those of any holder that died.
    private async Task<IReadOnlyList<string>> BuryOrphansAsync(string epoch)
    {
        var orphans = new List<string>();
        await foreach (var key in KeysAsync(_keys.AnyLeases))
        {
            var holder = _keys.HolderOf(key);
            // In one script: between two looks it may end, as gateways do.
            if ((await new RedisCall(_keys, epoch, 0, 0).WithKeys(_keys.Epoch, key, _keys.Holders, _keys.Dead).With(holder).RunAsync(RedisScripts.Shared.Orphan, _database))[0] == "done")
            {
                orphans.Add(holder);
            }
        }
        return orphans;
    }

    private async Task<IReadOnlyList<string>> HoldersAsync() =>
        [.. (await _database.SortedSetRangeByRankAsync(_keys.Holders)).Concat(await _database.SortedSetRangeByRankAsync(_keys.Dead)).Select(holder => holder.ToString()).Distinct()];

    private async Task<Dictionary<string, long>> HeldAsync(IReadOnlyList<string> holders)
    {
        var held = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var holder in holders)
        {
            await foreach (var lease in _database.HashScanAsync(_keys.Leases(holder), pageSize: PageSize))
            {
                if (_keys.CounterOf(lease.Name!) is { } name)
                {
                    held[name] = held.GetValueOrDefault(name) + (long)lease.Value;
                }
            }
        }
        return held;
    }

    private async IAsyncEnumerable<RedisKey> KeysAsync(RedisValue pattern)
    {
        foreach (var server in redis.GetServers().Where(server => server.IsConnected && !server.IsReplica))
        {
            await foreach (var key in server.KeysAsync(_database.Database, pattern, PageSize))
            {
                yield return key;
            }
        }
    }
}
