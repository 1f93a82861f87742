using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Limits.Redis;
using CredentialProxy.Core.Limits.Redis.Journal;
using CredentialProxy.Tests.Running;
using Microsoft.Extensions.Logging;

namespace CredentialProxy.Tests.Limits.Redis.Journal;

/// <summary>What a gateway that is killed leaves in its journal, and what becomes of it.</summary>
public sealed class SettlementJournalTests() : RedisAuthorityTest(TimeProvider.System)
{
    private const long Limit = 1_000;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("credential-proxy-journal-");
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly LoggerFactory _logs = new();

    private string File => Path.Combine(_directory.FullName, "journal");

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _logs.AddProvider(new QueueLoggerProvider(_lines));
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _logs.Dispose();
        _directory.Delete(recursive: true);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_a_dead_gateway_left_is_settled_once_and_charged_to_its_leases_whether_they_are_closed_or_not(bool isClosedBefore)
    {
        var dead = Store.OpenAuthority();
        await LeaseAsync(dead, Lifetime, Limit, 100);
        await SettleAsync(dead, "sent", Lifetime, Limit, 10);
        using (var journal = Open(dead))
            Assert.True(await journal.KeepAsync([Settlement("kept", 60)]));
        await Store.KillAsync(dead);
        var next = Store.OpenAuthority();
        if (isClosedBefore)
            Assert.Equal(new CounterState(100, 0), await ReadAsync(next, Lifetime));

        using (var journal = Open(next))
        {
            // Those that Redis has are there as well: it might have forgotten them.
            Assert.Equal(["kept", "sent"], journal.Left.Single().Settlements.Select(settlement => settlement.Record.RequestId).Order(StringComparer.Ordinal));
            var left = journal.Left.Single();
            await ReplayAsync(journal, next);
            Assert.Empty(journal.Left);
            // As one does that was killed before it could empty its journal.
            await next.SettleAsync(left.Holder, left.Settlements, CancellationToken.None);
        }

        await ReadAsync(Store.OpenAuthority(), Lifetime);
        Assert.Equal(new CounterState(100, 0), await ReadAsync(next, Lifetime));
        Assert.Equal(["kept", "sent"], (await Store.RecordsAsync()).Select(row => row.RequestId));
        Assert.Equal(0, new FileInfo(File).Length);
        using var last = Open(next);
        Assert.Empty(last.Left);
    }

    [Fact]
    public async Task What_it_holds_stays_in_it_until_Redis_has_all_of_it()
    {
        var gateway = Store.OpenAuthority();
        await LeaseAsync(gateway, Lifetime, Limit, 100);
        using (var journal = Open(gateway))
        {
            await journal.KeepAsync([Settlement("one", 10), Settlement("two", 20)]);
            await journal.KeepAsync([Settlement("two", 20)]);
            await journal.ForgetAsync([Settlement("one", 10)]);
        }
        using (var journal = Open(gateway))
        {
            Assert.Equal(["one", "two"], journal.Left.Single().Settlements.Select(settlement => settlement.Record.RequestId));
            await using (await Store.BreakAsync())
            {
                using var stop = new CancellationTokenSource();
                var replaying = JournalReplay.RunAsync(journal, gateway, TimeProvider.System, Logger, stop.Token);
                await Product.EventuallyAsync(() => Task.FromResult(_lines.Any(line => line.Contains("can't be settled", StringComparison.Ordinal))), "it is told");
                await stop.CancelAsync();
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => replaying);
            }
        }
        Assert.NotEqual(0, new FileInfo(File).Length);
        using var last = Open(gateway);
        Assert.Equal(2, last.Left.Single().Settlements.Length);
    }

    [Fact]
    public async Task One_that_is_full_says_so_once_and_counts_what_it_could_not_keep()
    {
        var failed = 0L;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, meters) =>
        {
            if (instrument.Name == "credential_proxy.journal.failed")
                meters.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, count, _, _) => Interlocked.Add(ref failed, count));
        listener.Start();
        using var journal = SettlementJournal.Open(File, Store.OpenAuthority(), Options with { MaxJournalBytes = 1 << 20 }, Logger);
        var settlements = Enumerable.Range(0, 10_000).Select(index => Settlement($"{index}", 1)).ToArray();

        Assert.False(await journal.KeepAsync(settlements));
        Assert.False(await journal.KeepAsync([Settlement("last", 1), .. settlements]));

        Assert.InRange(new FileInfo(File).Length, 1 << 19, 1 << 20);
        Assert.Single(_lines, line => line.Contains("MaxJournalBytes", StringComparison.Ordinal));
        Assert.True(Interlocked.Read(ref failed) >= 2);
        await journal.ForgetAsync([Settlement("last", 1), .. settlements]);
        Assert.Equal(0, new FileInfo(File).Length);
        Assert.True(await journal.KeepAsync([Settlement("again", 1)]));
    }

    [Fact]
    public async Task An_entry_comes_back_as_it_was_and_one_that_is_none_is_left_out()
    {
        var gateway = Store.OpenAuthority();
        var counter = new CounterInstance(new CounterKey(new AccountId("token:a b:c \"é\n"), LimitUnit.Usd, LimitWindow.Month), 1_800_000_000_000);
        var settlement = new Settlement(UsageRecords.Of("id", 7) with { Model = "m \"é", ProjectId = "p" }, [new(counter, 5, 3), new(Now(Lifetime), 9, 0)], [new(counter, 5, 4)]);
        using (var journal = Open(gateway))
            Assert.True(await journal.KeepAsync([settlement]));
        using (var file = JournalFile.Open(File, out _, out _))
        {
            var framed = new System.Buffers.ArrayBufferWriter<byte>();
            JournalFile.Frame("{\"holder\":\"x\"}"u8, framed);
            await file.AppendAsync(framed.WrittenMemory);
        }

        using var again = Open(gateway);

        var back = Assert.Single(Assert.Single(again.Left).Settlements);
        Assert.Equal(settlement.Record, back.Record);
        Assert.Equal(settlement.Charges, back.Charges);
        Assert.Equal(settlement.Excess, back.Excess);
        Assert.Contains(_lines, line => line.Contains("can't be read and is left out", StringComparison.Ordinal));
    }

    private ILogger<SettlementJournal> Logger => _logs.CreateLogger<SettlementJournal>();

    private SettlementJournal Open(RedisQuotaAuthority authority) => SettlementJournal.Open(File, authority, Options, Logger);

    private Task ReplayAsync(SettlementJournal journal, RedisQuotaAuthority authority) => JournalReplay.RunAsync(journal, authority, TimeProvider.System, Logger, CancellationToken.None);

    private Settlement Settlement(string id, long amount) => new(UsageRecords.Of(id, amount), [new(Now(Lifetime), Limit, amount)], []);
}
