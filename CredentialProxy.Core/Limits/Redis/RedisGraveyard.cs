using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace CredentialProxy.Core.Limits.Redis;

/// <summary>Closes the leases of holders that have died, some in each call, so that one who held very much keeps no other caller waiting. Any number may do so at once.</summary>
internal sealed class RedisGraveyard(IDatabase database, RedisScripts scripts, RedisKeys keys, RedisQuotaOptions options, ILogger logger)
{
    /// <summary>Leases closed in one call: a few milliseconds of Redis' time.</summary>
    private const int LeasesAtOnce = 500;

    private readonly ConcurrentDictionary<string, bool> _unclosed = new(StringComparer.Ordinal); // those that were told of; no more than there are dead

    /// <summary>Closes everything that these had leased, who are all the dead that there are.</summary>
    public async Task CloseAsync(Func<RedisCall> call, string[] dead)
    {
        foreach (var holder in dead)
        {
            var (closed, hasUnknown) = await CloseAsync(call, holder);
            if (closed > 0)
                RedisLog.Closed(logger, holder, closed);
            // A later version's. They stay leased, which exceeds no limit, until one who knows their names closes them.
            if (hasUnknown && _unclosed.TryAdd(holder, true))
                RedisLog.NotClosed(logger, holder);
        }

        foreach (var gone in _unclosed.Keys.Except(dead))
            _unclosed.TryRemove(gone, out _);
    }

    // How many were closed, and whether there are others, whose names are not known.
    private async Task<(int Closed, bool HasUnknown)> CloseAsync(Func<RedisCall> call, string holder)
    {
        var closed = 0;
        while (true)
        {
            var leases = await ReadLeasesAsync(holder);
            var closing = call().WithKeys(keys.Epoch, keys.Dead, keys.Leases(holder), keys.Paid(RedisHolder.InstanceOf(holder)), keys.Usage)
                .With(holder, (long)options.RememberFor.TotalMilliseconds);
            foreach (var (limit, counter) in leases)
                closing.Details.AddRange([closing.NumberOf(counter), limit, counter.Key.Unit == LimitUnit.Concurrent ? 1 : 0]);
            var reply = await closing.RunWithCountersAsync(scripts.Close, database);
            if (reply[0] != "done")
                throw RedisFailures.Refused(reply);
            closed += leases.Count;
            if (reply[1] == "0" || leases.Count == 0)
                return (closed, reply[1] != "0");
        }
    }

    // Those whose names are known, or some of them.
    private async Task<List<(string Limit, CounterInstance Counter)>> ReadLeasesAsync(string holder)
    {
        var known = new List<(string Limit, CounterInstance Counter)>();
        await foreach (var lease in database.HashScanAsync(keys.Leases(holder), pageSize: LeasesAtOnce))
        {
            if (keys.TryParseLease(lease.Name!, out var limit, out var counter))
                known.Add((limit, counter));
            if (known.Count == LeasesAtOnce)
                break;
        }

        return known;
    }
}
