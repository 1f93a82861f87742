using StackExchange.Redis;

namespace CredentialProxy.Core.Limits.Redis.Recovery;

/// <summary>Tells accounts that are rebuilt what this gateway holds: its leases, and what it settled that Postgres may not have.</summary>
internal sealed class RedisReporter(IDatabase database, RedisScripts scripts, RedisKeys keys, RedisQuotaOptions options, LeaseTally tally, KeptSettlements kept)
{
    /// <summary>Leases, and settlements, told in one call: a few milliseconds of Redis' time.</summary>
    private const int AtOnce = 250;

    /// <summary>Tells everything; false when it is too late for it.</summary>
    public async Task<bool> ReportAsync(Func<string, RedisCall> begin, string epoch, string holder, string former, string instance, long mark)
    {
        var leases = tally.All();
        var settlements = kept.All();
        var at = 0;
        do
        {
            var call = begin("rebuilding:" + epoch)
                .WithKeys(keys.Epoch, keys.Usage, keys.Holders, keys.Dead, keys.Leases(holder), keys.Leases(former), keys.Mark(instance), keys.Answer(instance))
                .With(holder, former, (long)options.HolderLifetime.TotalMilliseconds, (long)options.RememberFor.TotalMilliseconds, mark, (long)options.RememberRequestsFor.TotalMilliseconds);
            var someLeases = leases.Skip(at).Take(AtOnce).ToList();
            call.With(someLeases.Count);
            foreach (var lease in someLeases)
                call.With(keys.Lease(lease.Limit, lease.Counter), lease.Amount);
            foreach (var settlement in settlements.Skip(at).Take(AtOnce))
            {
                call.WithKeys(keys.Settled(RedisKeys.PeriodOf(settlement.Record.Time)));
                RedisValue[] entry = [.. EntryOf(settlement, instance, mark)];
                call.With(settlement.Record.RequestId, entry.Length).With(entry);
            }

            var reply = await call.RunAsync(scripts.Report, database);
            if (reply[0] != "done")
                return false;
            at += AtOnce;
        }
        while (at < Math.Max(leases.Count, settlements.Count));

        return true;
    }

    // What was charged beyond the lease may not have fitted in the limit; it counts as spent all the same, for nobody knows any more.
    private static IEnumerable<RedisValue> EntryOf(Settlement settlement, string instance, long mark)
    {
        yield return UsageEntry.Field;
        yield return UsageEntry.Write(settlement.Record);
        yield return "by";
        yield return instance;
        yield return "mark";
        yield return mark;
        var charges = settlement.Charges.Concat(settlement.Excess).Where(charge => !WindowClock.IsSliding(charge.Counter.Key.Window) && charge.Counter.Key.Unit != LimitUnit.Concurrent);
        foreach (var charge in charges.GroupBy(charge => charge.Counter))
        {
            yield return "+" + RedisKeys.NameOf(charge.Key);
            yield return $"{Limit.Bound(charge.Sum(amount => amount.Amount))} 0";
        }
    }
}
