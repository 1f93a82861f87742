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
            try
            {
                var closed = await CloseAsync(call, holder);
                if (closed > 0)
                    RedisLog.Closed(logger, holder, closed);
            }
            catch (FormatException exception)
            {
                // A later version's. What it had leased stays leased, which exceeds no limit, until one who knows its names closes it; it must not keep those who live from living.
                if (_unclosed.TryAdd(holder, true))
                    RedisLog.NotClosed(logger, holder, exception.Message);
            }
        }

        foreach (var gone in _unclosed.Keys.Except(dead))
            _unclosed.TryRemove(gone, out _);
    }

    private async Task<int> CloseAsync(Func<RedisCall> call, string holder)
    {
        var closed = 0;
        while (true)
        {
            var leases = await ReadLeasesAsync(holder);
            var closing = call().WithKeys(keys.Epoch, keys.Dead, keys.Leases(holder), keys.Paid(RedisHolder.InstanceOf(holder)), keys.Usage)
                .With(holder, (long)options.RememberFor.TotalMilliseconds);
            foreach (var lease in leases)
            {
                var (limit, counter) = keys.ParseLease(lease);
                closing.Details.AddRange([closing.NumberOf(counter), limit, counter.Key.Unit == LimitUnit.Concurrent ? 1 : 0]);
            }

            var reply = await closing.RunWithCountersAsync(scripts.Close, database);
            if (reply[0] != "done")
                throw RedisFailures.Refused(reply);
            closed += leases.Count;
            if (reply[1] == "0")
                return closed;
        }
    }

    private async Task<List<string>> ReadLeasesAsync(string holder)
    {
        var leases = new List<string>();
        await foreach (var lease in database.HashScanAsync(keys.Leases(holder), pageSize: LeasesAtOnce))
        {
            leases.Add(lease.Name!);
            if (leases.Count == LeasesAtOnce)
                break;
        }

        return leases;
    }
}
