using System.Globalization;
using System.Security.Cryptography;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Limits.Redis;
using CredentialProxy.Core.Limits.Redis.Entries;
using StackExchange.Redis;

namespace CredentialProxy.Admin.Rebuilding;

/// <summary>What is done in Redis to rebuild accounts: one script for each step, each of which may be done by several control planes at once and any number of times.</summary>
internal sealed class LostAccounts(IConnectionMultiplexer redis, RedisQuotaOptions options, TimeProvider time)
{
    private const int AtOnce = 200;

    private readonly IDatabase _database = redis.GetDatabase();
    private readonly RedisKeys _keys = new(options.Name);
    private readonly RedisScripts _scripts = RedisScripts.Shared;

    /// <summary>Says what state accounts are in, and begins to rebuild those that are not the ones that are known.</summary>
    public async Task<(string State, string Epoch)> LookAsync(string knownEpoch, bool isForgotten)
    {
        var told = await Call(knownEpoch).WithKeys(_keys.Epoch, _keys.Mark("control"), _keys.Began, _keys.Holders)
            .With(0, RandomNumberGenerator.GetHexString(16, lowercase: true), "", 0, isForgotten ? 1 : 0).RunAsync(_scripts.Lose, _database);
        return (told[0], told[1]);
    }

    /// <summary>Whether Redis has counted fewer calls of a gateway than came out of it.</summary>
    public async Task<bool> IsBehindAsync(IReadOnlyList<(string Instance, long Mark)> marks)
    {
        var present = await _database.StringGetAsync([.. marks.Select(mark => _keys.Mark(mark.Instance))]);
        return marks.Where((mark, index) => (present[index].TryParse(out long counted) ? counted : 0) < mark.Mark).Any();
    }

    /// <summary>How long ago rebuilding began, by Redis' clock.</summary>
    public async Task<TimeSpan> SinceItBeganAsync()
    {
        var began = await _database.StringGetAsync(_keys.Began);
        var now = (RedisResult[])(await _database.ExecuteAsync("TIME"))!;
        return began.TryParse(out long ms) ? TimeSpan.FromMilliseconds((long.Parse((string)now[0]!, CultureInfo.InvariantCulture) * 1000) - ms) : TimeSpan.MaxValue;
    }

    /// <summary>Goes on to the next state; false when somebody else has, or another loss came between.</summary>
    public async Task<bool> AdvanceAsync(string from, string to) => (await Call(from).WithKeys(_keys.Epoch, _keys.Began, _keys.Holders, _keys.Seen)
        .With(to, (long)options.HolderLifetime.TotalMilliseconds).RunAsync(_scripts.Advance, _database))[0] == "done";

    /// <summary>Puts back what counters have spent and what of them is leased; answers how many leases there were, or null when it is somebody else's by now.</summary>
    public async Task<int?> PutBackAsync(string epoch, IReadOnlyList<CounterCharge> spent)
    {
        var (leased, leases) = await LeasedAsync();
        var counters = spent.ToDictionary(charge => RedisKeys.NameOf(charge.Counter), charge => (CounterCharge?)charge);
        // What Redis has that Postgres does not know of was never settled; what is leased of it counts.
        await foreach (var name in CounterNamesAsync())
        {
            counters.TryAdd(name, NothingOf(name));
        }
        foreach (var name in leased.Keys)
        {
            counters.TryAdd(name, NothingOf(name));
        }
        foreach (var some in counters.Chunk(AtOnce))
        {
            var call = Call("loading:" + epoch).WithKeys(_keys.Epoch);
            foreach (var (name, charge) in some)
            {
                call.WithKeys(_keys.Counter(name));
                if (charge is { } known)
                {
                    call.With(known.Spent, known.Overrun, leased.GetValueOrDefault(name), call.KeepMs(known.Counter), WindowClock.IsSliding(known.Counter.Key.Window) ? 1 : 0);
                }
                else
                {
                    // What is spent of a later version's counter stays as it is.
                    call.With(0, 0, leased.GetValueOrDefault(name), 0, 1);
                }
            }
            if ((await call.RunAsync(_scripts.PutBack, _database))[0] != "done")
            {
                return null;
            }
        }
        return leases;
    }

    // Of those who have said what they hold, and of those who have not been heard of: theirs are closed as spent when the accounts are open.
    private async Task<(Dictionary<string, long> Leased, int Leases)> LeasedAsync()
    {
        var (leased, count) = (new Dictionary<string, long>(StringComparer.Ordinal), 0);
        var holders = (await _database.SortedSetRangeByRankAsync(_keys.Holders)).Concat(await _database.SortedSetRangeByRankAsync(_keys.Dead));
        foreach (var holder in holders)
        {
            await foreach (var lease in _database.HashScanAsync(_keys.Leases(holder!)))
            {
                if (_keys.CounterOf(lease.Name!) is { } name)
                {
                    leased[name] = Limit.BoundSum(leased.GetValueOrDefault(name), (long)lease.Value);
                    count++;
                }
            }
        }
        return (leased, count);
    }

    // Null of one that this version does not know.
    private static CounterCharge? NothingOf(string name) => RedisKeys.TryParseCounter(name, out var counter) ? new CounterCharge(counter, 0, 0) : null;

    private async IAsyncEnumerable<string> CounterNamesAsync()
    {
        foreach (var server in redis.GetServers().Where(server => server.IsConnected && !server.IsReplica))
        {
            await foreach (var key in server.KeysAsync(_database.Database, _keys.AnyCounter, pageSize: 1000))
            {
                yield return _keys.NameOf(key);
            }
        }
    }

    private RedisCall Call(string epoch)
    {
        var nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        return new RedisCall(_keys, epoch, nowMs, nowMs);
    }
}
