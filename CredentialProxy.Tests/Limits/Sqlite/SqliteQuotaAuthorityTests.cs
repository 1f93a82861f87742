using System.Globalization;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Limits.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;

namespace CredentialProxy.Tests.Limits.Sqlite;

/// <summary>What the embedded authority does beyond the contract: a file that fails, a writer that is stuck, rows that grow old.</summary>
public sealed class SqliteQuotaAuthorityTests : IAsyncLifetime
{
    private static readonly CounterKey Tokens = new(AccountId.Token("one"), LimitUnit.Tokens, LimitWindow.Lifetime);

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2027, 1, 31, 23, 30, 0, TimeSpan.Zero));
    private SqliteQuotaStore _store = null!;

    public async ValueTask InitializeAsync() => _store = await SqliteQuotaStore.NewAsync(_time);

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public void The_numbers_in_its_statements_are_those_of_the_enums()
    {
        Assert.Equal(SqliteHousekeeping.Concurrent, ((int)LimitUnit.Concurrent).ToString(CultureInfo.InvariantCulture));
        Assert.Equal(SqliteHousekeeping.Minute, ((int)LimitWindow.Minute).ToString(CultureInfo.InvariantCulture));
        Assert.Equal(SqliteHousekeeping.Second, ((int)LimitWindow.Second).ToString(CultureInfo.InvariantCulture));
        // Of the statement that forgets.
        Assert.Equal([1, 2, 3], new[] { (int)LimitWindow.Month, (int)LimitWindow.Day, (int)LimitWindow.Hour });
    }

    [Fact]
    public async Task A_settlement_that_fails_half_way_leaves_nothing_of_those_before_it()
    {
        var authority = _store.OpenAuthority();
        await LeaseAsync(authority, 100, 60);
        await _store.RunAsync("CREATE TRIGGER poison BEFORE INSERT ON \"usage\" WHEN NEW.RequestId = 'poison' BEGIN SELECT RAISE(ABORT, 'no'); END");
        Settlement[] settlements = [Settlement("good", 20), Settlement("poison", 20)];
        var failure = await Assert.ThrowsAsync<QuotaAuthorityUnavailableException>(async () => await authority.SettleAsync(settlements, CancellationToken.None));
        Assert.IsType<SqliteException>(failure.InnerException);
        Assert.Empty(await _store.RecordsAsync());
        Assert.Equal(new CounterState(0, 60), await ReadAsync(authority));

        await _store.RunAsync("DROP TRIGGER poison");
        await authority.SettleAsync(settlements, CancellationToken.None);
        Assert.Equal(new CounterState(40, 20), await ReadAsync(authority));
    }

    [Fact]
    public async Task A_file_that_is_not_there_refuses_and_serves_as_soon_as_it_is()
    {
        var away = _store.DatabasePath + ".away";
        File.Move(_store.DatabasePath, away);
        var authority = _store.OpenAuthority();
        await Assert.ThrowsAsync<QuotaAuthorityUnavailableException>(async () => await authority.OpenAsync(CancellationToken.None));
        Assert.False(File.Exists(_store.DatabasePath));
        File.Move(away, _store.DatabasePath);
        await authority.OpenAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Calls_that_wait_when_it_is_disposed_are_done_and_later_ones_refused()
    {
        var authority = _store.OpenAuthority();
        var waiting = Enumerable.Range(0, 300).Select(_ => authority.LeaseAsync(default, new LeaseRequest[] { new(new(Tokens, 0), 1_000, 1, 1) }, CancellationToken.None).AsTask()).ToList();
        await authority.DisposeAsync();
        await authority.DisposeAsync();
        Assert.All(await Task.WhenAll(waiting), answers => Assert.Equal(1, answers[0].Granted));
        await Assert.ThrowsAsync<QuotaAuthorityUnavailableException>(async () => await authority.OpenAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_writer_that_is_stuck_refuses_what_would_queue_without_end()
    {
        var authority = _store.OpenAuthority(busyTimeout: TimeSpan.FromMinutes(1));
        await authority.OpenAsync(CancellationToken.None);
        List<Task<long>> calls;
        await using (await _store.BreakAsync())
        {
            calls = [.. Enumerable.Range(0, 2_000).Select(_ => LeaseAsync(authority, 10_000, 1))];
            // Those beyond what may wait are told at once, while the file is still locked.
            Assert.InRange(calls.Count(call => call.IsFaulted), 2_000 - 1_024 - 256, 2_000 - 1_024);
        }
        await Task.WhenAll(calls).ContinueWith(_ => { }, TaskScheduler.Default);
        var refused = calls.Where(call => call.IsFaulted).ToList();
        Assert.All(refused, call => Assert.IsType<QuotaAuthorityUnavailableException>(call.Exception!.InnerException));
        Assert.Equal(new CounterState(0, calls.Count - refused.Count), await ReadAsync(authority));
    }

    [Fact]
    public async Task Windows_long_past_are_forgotten_a_piece_at_a_time_and_lifetimes_and_leases_never()
    {
        var authority = _store.OpenAuthority();
        await LeaseAsync(authority, 100, 60);
        await _store.RunAsync("""
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
            INSERT INTO counters (Account, Unit, "Window", WindowStart, Spent, Leased, Overrun) SELECT 'token:old', 0, 1 + i % 5, 1700000000000 + i, 1, 0, 0 FROM n
            """);
        await _store.RunAsync("INSERT INTO counters (Account, Unit, \"Window\", WindowStart, Spent, Leased, Overrun) VALUES ('token:old', 0, 2, 1600000000000, 1, 5, 0)");
        var counts = new List<long>();
        for (var pass = 0; pass < 3; pass++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await authority.OpenAsync(CancellationToken.None);
            counts.Add(await _store.RunAsync("SELECT count(*) FROM counters"));
        }
        Assert.Equal([3_003, 1_003, 2], counts);
        Assert.Equal(60, (await ReadAsync(authority)).Leased);
    }

    [Fact]
    public async Task What_a_clock_since_set_back_has_left_in_the_future_counts_from_the_start_on()
    {
        var minute = Tokens with { Window = LimitWindow.Minute };
        var ahead = _time.GetUtcNow();
        _time.AdjustTime(ahead + TimeSpan.FromHours(1));
        var authority = _store.OpenAuthority();
        var bucket = new CounterInstance(minute, WindowClock.StartOf(LimitWindow.Minute, _time.GetUtcNow().ToUnixTimeMilliseconds()));
        await authority.LeaseAsync(default, new LeaseRequest[] { new(bucket, 100, 60, 60) }, CancellationToken.None);
        await authority.SettleAsync([new(UsageRecords.Of("a"), [new(bucket, 100, 60)], [])], CancellationToken.None);
        await _store.KillAsync(authority);

        _time.AdjustTime(ahead);
        authority = _store.OpenAuthority();
        Assert.Equal(60, (await authority.ReadAsync([minute], CancellationToken.None))[0].Spent);
        _time.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal(0, (await authority.ReadAsync([minute], CancellationToken.None))[0].Spent);
    }

    private static Settlement Settlement(string requestId, long amount) => new(UsageRecords.Of(requestId), [new(new(Tokens, 0), 100, amount)], []);

    private static async Task<long> LeaseAsync(SqliteQuotaAuthority authority, long limit, long need) =>
        (await authority.LeaseAsync(default, new LeaseRequest[] { new(new(Tokens, 0), limit, need, need) }, CancellationToken.None))[0].Granted;

    private static async Task<CounterState> ReadAsync(SqliteQuotaAuthority authority) => (await authority.ReadAsync([Tokens], CancellationToken.None))[0];
}
