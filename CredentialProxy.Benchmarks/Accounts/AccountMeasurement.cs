using System.Diagnostics;
using CredentialProxy.Benchmarks.Chaos.Servers;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Limits.Redis;
using CredentialProxy.Core.Limits.Sqlite;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Usage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace CredentialProxy.Benchmarks.Accounts;

/// <summary>
/// What it costs to reserve and to settle: within what a ledger has leased, as nearly all requests do; and the calls behind it, to the accounts in a file and in a Redis of its own that appends
/// always. Each request is charged to a token's tokens, dollars and requests, and to a project's dollars.
/// </summary>
internal static class AccountMeasurement
{
    private const int Rounds = 7;
    private const int LocalRequests = 2_000;
    private const int Calls = 300;
    private const int BatchSize = 250;

    // So much that no limit is near.
    private const long Much = 1_000_000_000_000;

    private static readonly Demand WorstCase = new(1_200, 900);
    private static readonly AccountLimits[] Accounts =
    [
        new(AccountId.Token("t"), [new(LimitUnit.Tokens, Much, LimitWindow.Lifetime), new(LimitUnit.Usd, Much, LimitWindow.Month), new(LimitUnit.Requests, Much, LimitWindow.Day)]),
        new(AccountId.Project("p"), [new(LimitUnit.Usd, Much, LimitWindow.Lifetime)]),
    ];

    public static async Task<int> RunAsync()
    {
        var directory = Directory.CreateTempSubdirectory("credential-proxy-accounts-");
        try
        {
            await using (var file = await OpenFileAsync(Path.Combine(directory.FullName, "store.db")))
            {
                await MeasureAsync("a file", file);
            }
            var port = LocalPort.Find();
            using var server = Process.Start("redis-server", ["--port", $"{port}", "--bind", "127.0.0.1", "--dir", directory.FullName, "--appendonly", "yes", "--appendfsync", "always", "--save", "", "--loglevel", "warning"]);
            try
            {
                await using var redis = await ConnectionMultiplexer.ConnectAsync(RedisConnection.Configure($"127.0.0.1:{port}"));
                while (!redis.IsConnected)
                {
                    await Task.Delay(50);
                }
                await using var authority = new RedisQuotaAuthority(redis, new RedisQuotaOptions { BeginsEmpty = true }, TimeProvider.System, NullLogger<RedisQuotaAuthority>.Instance);
                await MeasureAsync("Redis", authority);
            }
            finally
            {
                server.Kill();
                await server.WaitForExitAsync();
            }
        }
        finally
        {
            directory.Delete(recursive: true);
        }
        return 0;
    }

    private static async Task MeasureAsync(string where, IQuotaAuthority authority)
    {
        await MeasureLedgerAsync(where, authority);
        var counters = Accounts.SelectMany(account => account.Limits.Select(limit => new CounterInstance(new CounterKey(account.Account, limit.Unit, limit.Window), 0)))
            .Where(counter => counter.Key.Window == LimitWindow.Lifetime).ToArray();
        var requests = counters.Select(counter => new LeaseRequest(counter, Much, 1_200, 1_200)).ToArray();
        var returns = counters.Select(counter => new LeaseAmount(counter, Much, 1_200)).ToArray();
        await ReportAsync($"lease of {counters.Length} counters, {where}", 1, async _ =>
        {
            await authority.LeaseAsync(default, requests, CancellationToken.None);
        }, after: () => authority.LeaseAsync(returns, default, CancellationToken.None).AsTask());
        await ReportAsync($"one settled request, {where}", 1, call => authority.SettleAsync([Settle($"one {where} {call}", counters)], CancellationToken.None).AsTask());
        await ReportAsync($"each of {BatchSize} settled together, {where}", BatchSize, call =>
            authority.SettleAsync([.. Enumerable.Range(0, BatchSize).Select(number => Settle($"many {where} {call} {number}", counters))], CancellationToken.None).AsTask());
    }

    private static async Task MeasureLedgerAsync(string where, IQuotaAuthority authority)
    {
        await using var ledger = new QuotaLedger(authority, new QuotaLedgerOptions(), TimeProvider.System, NullLogger<QuotaLedger>.Instance);
        var accounts = ledger.Bind([.. Accounts]);
        var (times, bytes, left) = (new List<double>(), 0L, 0);
        for (var round = -2; round < Rounds; round++)
        {
            var (allocated, started) = (GC.GetAllocatedBytesForCurrentThread(), Stopwatch.GetTimestamp());
            for (var request = 0; request < LocalRequests; request++)
            {
                var pending = ledger.ReserveAsync(accounts, null, WorstCase, Owner.Instance, CancellationToken.None);
                if (!pending.IsCompleted)
                {
                    left++;
                }
                var outcome = await pending;
                outcome.Reservation!.Settle(new Demand(800, 600), Owner.Record($"{where} {round} {request}"));
            }
            if (round >= 0)
            {
                times.Add(Stopwatch.GetElapsedTime(started).TotalMicroseconds / LocalRequests);
                bytes = (GC.GetAllocatedBytesForCurrentThread() - allocated) / LocalRequests;
            }
            else
            {
                left = 0;
            }
            await ledger.FlushAsync(CancellationToken.None);
        }
        Console.WriteLine($"reserved and settled within leases, {where}: {Median(times):N2} µs ({times.Min():N2} to {times.Max():N2}), about {bytes:N0} bytes, record included; {left:N0} of {Rounds * LocalRequests:N0} had to wait for a lease");
    }

    private static async Task ReportAsync(string what, int requests, Func<int, Task> call, Func<Task>? after = null)
    {
        var times = new List<double>();
        for (var number = -20; number < Calls; number++)
        {
            var started = Stopwatch.GetTimestamp();
            await call(number);
            if (number >= 0)
            {
                times.Add(Stopwatch.GetElapsedTime(started).TotalMicroseconds / requests);
            }
            if (after is not null)
            {
                await after();
            }
        }
        Console.WriteLine($"{what}: {Median(times):N1} µs ({times.Min():N1} to {times.Max():N1})");
    }

    private static Settlement Settle(string id, CounterInstance[] counters) => new(Owner.Record(id), [], [.. counters.Select(counter => new LeaseAmount(counter, Much, 800))]);

    private static double Median(List<double> times) => times.Order().ElementAt(times.Count / 2);

    private static async Task<SqliteQuotaAuthority> OpenFileAsync(string path)
    {
        await EmbeddedStorage.MigrateAsync(new FileStorage(path), path, CancellationToken.None);
        return new SqliteQuotaAuthority(new SqliteQuotaOptions { DatabasePath = path }, TimeProvider.System, NullLogger<SqliteQuotaAuthority>.Instance);
    }

    private sealed class FileStorage(string path) : IDbContextFactory<StorageContext>
    {
        public StorageContext CreateDbContext() => new(new DbContextOptionsBuilder<StorageContext>().UseSqlite(EmbeddedStorage.ConnectionString(path)).Options);
    }

    private sealed class Owner : IReservationOwner
    {
        public static Owner Instance { get; } = new();

        public static UsageRecord Record(string id) => new()
        {
            RequestId = id,
            Time = TimeProvider.System.GetUtcNow(),
            TokenId = "t",
            ProjectId = "p",
            CredentialId = "c",
            Provider = "openai",
            Model = "gpt-4o-mini",
            Endpoint = "chat.completions",
            Usage = new TokenUsage { InputTokens = 500, OutputTokens = 300 },
            CostMicroUsd = 600,
        };

        public UsageRecord RecordAtReservation(Demand charged, DateTimeOffset time) => Record("late");
    }
}
