using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Limits.Redis;
using CredentialProxy.Tests.Running;
using Microsoft.Extensions.Logging;

namespace CredentialProxy.Tests.Limits.Redis;

/// <summary>What a gateway keeps of what it settled while Postgres may not have it.</summary>
public sealed class KeptSettlementsTests() : RedisAuthorityTest(TimeProvider.System)
{
    private const int Most = 4;

    [Fact]
    public async Task What_is_let_go_of_for_want_of_room_is_told_once_and_counted_until_there_is_room_again()
    {
        var lines = new ConcurrentQueue<string>();
        using var logs = new LoggerFactory([new QueueLoggerProvider(lines)]);
        await using var gateway = new RedisQuotaAuthority(
            Store.Connection, new RedisQuotaOptions { Name = Store.User, BeginsEmpty = true, MaxKeptSettlements = Most }, TimeProvider.System, logs.CreateLogger<RedisQuotaAuthority>());
        var (dropped, kept) = (0L, 0L);
        using var listener = Listen(count => Interlocked.Add(ref dropped, count), count => Interlocked.Add(ref kept, count));

        await SettleAsync(gateway, 0, 10);

        listener.RecordObservableInstruments();
        Assert.True(Interlocked.Read(ref dropped) >= 10 - Most);
        Assert.True(Interlocked.Read(ref kept) >= Most);
        Assert.Equal(Most, gateway.KeptSettlements);
        Assert.Single(lines, IsTold);
        // Nothing is lost over it while Redis has it.
        Assert.Equal(10, (await Store.EntriesAsync()).Count);

        // Postgres has all of it.
        await Store.Database.StreamTrimAsync(Store.Keys.Usage, 0);
        await SettleAsync(gateway, 10, 1);
        Assert.Equal(1, gateway.KeptSettlements);
        await SettleAsync(gateway, 11, 10);
        Assert.Equal(2, lines.Count(IsTold));
    }

    private static async Task SettleAsync(RedisQuotaAuthority gateway, int from, int count)
    {
        for (var request = from; request < from + count; request++)
            await gateway.SettleAsync([new Settlement(UsageRecords.Of($"r{request}"), [], [])], CancellationToken.None);
    }

    private static bool IsTold(string line) => line.StartsWith("Error", StringComparison.Ordinal) && line.Contains("Redis:MaxKeptSettlements (4)", StringComparison.Ordinal);

    // Those of other tests' gateways, which run beside, are counted as well.
    private static MeterListener Listen(Action<long> onDropped, Action<int> onKept)
    {
        var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, meters) =>
        {
            if (instrument.Name.StartsWith("credential_proxy.settlements.", StringComparison.Ordinal))
                meters.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, count, _, _) => onDropped(count));
        listener.SetMeasurementEventCallback<int>((_, count, _, _) => onKept(count));
        listener.Start();
        return listener;
    }
}
