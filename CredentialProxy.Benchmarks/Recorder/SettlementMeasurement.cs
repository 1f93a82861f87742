using System.Globalization;
using CredentialProxy.Benchmarks.Chaos.Servers;
using CredentialProxy.Benchmarks.Throughput;
using CredentialProxy.Benchmarks.UsageQueries;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Limits.Redis;
using CredentialProxy.Core.Usage;
using Microsoft.Extensions.Logging.Abstractions;

namespace CredentialProxy.Benchmarks.Recorder;

/// <summary>What a settlement costs a Redis of its own and its caller, in batches as a gateway sends them: one account with three limits, leased beforehand.</summary>
internal static class SettlementMeasurement
{
    private const int AtOnce = 256;
    private const int Repeats = 5;
    private const long Charged = 100;

    private static readonly CounterKey[] Counters =
    [
        new(new AccountId("token:01J0000000000000000000000"), LimitUnit.Tokens, LimitWindow.Lifetime),
        new(new AccountId("token:01J0000000000000000000000"), LimitUnit.Usd, LimitWindow.Day),
        new(new AccountId("token:01J0000000000000000000000"), LimitUnit.Requests, LimitWindow.Minute),
    ];

    public static async Task<int> RunAsync(int count)
    {
        await using var redis = new RestartableRedis();
        await redis.StartAsync();
        await using var connection = await redis.ConnectAsync();
        var (options, time) = (new RedisQuotaOptions { BeginsEmpty = true }, TimeProvider.System);
        await using var authority = new RedisQuotaAuthority(connection, options, time, NullLogger<RedisQuotaAuthority>.Instance);
        var costs = new List<(double Redis, double Caller)>();
        for (var i = -1; i < Repeats; i++)
        {
            var batches = UsageYear.Records(count).Select((record, number) => record with { RequestId = $"{i}-{number}" }).Chunk(AtOnce).ToArray();
            var (before, own) = (redis.Process.CpuTime(), Environment.CpuUsage.TotalTime);
            await SettleAsync(authority, batches, time);
            // The first warms up.
            if (i >= 0)
            {
                costs.Add(((redis.Process.CpuTime() - before).TotalMicroseconds / count, (Environment.CpuUsage.TotalTime - own).TotalMicroseconds / count));
            }
            await connection.GetDatabase().KeyDeleteAsync(authority.UsageStream);
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"a settlement of three charges, {AtOnce} at once: {Median(cost => cost.Redis):0.00} µs CPU of Redis, {Median(cost => cost.Caller):0.00} µs of the caller"));
        return 0;

        double Median(Func<(double Redis, double Caller), double> of) => Turns.Median(costs.Select(of));
    }

    private static async Task SettleAsync(RedisQuotaAuthority authority, UsageRecord[][] batches, TimeProvider time)
    {
        foreach (var records in batches)
        {
            var now = time.GetUtcNow().ToUnixTimeMilliseconds();
            var leases = Counters.Select(key => new LeaseAmount(new CounterInstance(key, WindowClock.StartOf(key.Window, now)), Limit.MaxAmount, Charged)).ToArray();
            await authority.LeaseAsync(default, leases.Select(lease => new LeaseRequest(lease.Counter, lease.Limit, Charged * AtOnce, Charged * AtOnce)).ToArray(), CancellationToken.None);
            await authority.SettleAsync([.. records.Select(record => new Settlement(record, leases, []))], CancellationToken.None);
        }
    }
}
