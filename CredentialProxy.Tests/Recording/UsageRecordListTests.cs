#pragma warning disable RS0030 // What is drawn decides nothing but what is asked.
using CredentialProxy.Admin.Api.Usage;
using CredentialProxy.Admin.Listing;
using CredentialProxy.Admin.Recording;
using CredentialProxy.Admin.Storage;
using CredentialProxy.Core.Usage;
using CredentialProxy.Tests.Limits;

namespace CredentialProxy.Tests.Recording;

/// <summary>Pages of records on Postgres hold every record that fits once, though only the hours are looked through that have any.</summary>
public sealed class UsageRecordListTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Now = new(2027, 6, 15, 12, 0, 0, TimeSpan.Zero);

    private readonly Random _random = new(2027);
    private PostgresUsageStore _store = null!;

    private UsageRecordList List => new(new PostgresStorageFactory(_store.Storage.Source), new PostgresRecordTimes(_store.Storage.Source));

    public async ValueTask InitializeAsync() => _store = await PostgresUsageStore.CreateAsync();

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public async Task Pages_hold_what_fits_newest_first_whatever_the_filters_and_the_size()
    {
        // Many in an hour, many at one moment, and months between.
        var records = Enumerable.Range(0, 300).Select(i => Record(i, Now.AddMonths(-_random.Next(4)).AddMinutes(-_random.Next(90)).AddSeconds(_random.Next(2)))).ToArray();
        await _store.WriteAsync(records);
        for (var i = 0; i < 60; i++)
        {
            var query = new UsageQuery
            {
                TokenId = Maybe($"t{_random.Next(3)}"),
                ProjectId = Maybe($"p{_random.Next(3)}"),
                CredentialId = Maybe("c"),
                Provider = Maybe($"v{_random.Next(2)}"),
                Model = Maybe($"m{_random.Next(4)}"),
                From = _random.Next(2) == 0 ? null : Now.AddMonths(-_random.Next(4)).AddMinutes(-_random.Next(90)),
                To = _random.Next(2) == 0 ? null : Now.AddMonths(-_random.Next(3)).AddMinutes(-_random.Next(90)),
            };
            Assert.Equal(Expected(records, query), await PagesAsync(query, _random.Next(1, 9)));
        }
    }

    [Fact]
    public async Task What_came_late_to_a_month_that_was_dropped_is_listed_and_so_is_what_has_outlived_its_sums()
    {
        var records = Enumerable.Range(0, 60).Select(i => Record(i, Now.AddMonths(-i / 10))).ToArray();
        await _store.WriteAsync(records);
        await DropAsync(records: 4, hours: 1);
        var late = Record(60, Now.AddMonths(-5));
        await _store.WriteAsync(late);

        UsageRecord[] left = [.. records.Where(record => record.Time > Now.AddMonths(-4).AddDays(-1)), late];
        foreach (var model in new[] { "m0", "m1", "m2", "m3" })
        {
            Assert.Equal(Expected(left, new UsageQuery { Model = model }), await PagesAsync(new UsageQuery { Model = model }, 3));
        }
    }

    [Fact]
    public async Task A_cursor_that_no_list_has_answered_does_no_harm()
    {
        await _store.WriteAsync(Record(0, Now));
        foreach (var ms in new[] { long.MinValue, -1, 0, long.MaxValue })
        {
            foreach (var query in new[] { new UsageQuery(), new UsageQuery { Provider = "v0" }, new UsageQuery { Provider = "v0", From = DateTimeOffset.MinValue, To = DateTimeOffset.MaxValue } })
            {
                Assert.Equal(ms == long.MaxValue ? 1 : 0, (await List.ReadAsync(query, new Cursor(ms, ""), 5, TestContext.Current.CancellationToken)).Count);
            }
        }
    }

    private UsageRecord Record(int number, DateTimeOffset time) => UsageRecords.Of($"r{number:D3}") with
    {
        Time = time,
        TokenId = $"t{_random.Next(3)}",
        ProjectId = _random.Next(3) is var project and > 0 ? $"p{project}" : null,
        CredentialId = "c",
        Provider = $"v{number % 2}",
        Model = $"m{number % 4}",
    };

    private string? Maybe(string value) => _random.Next(3) == 0 ? value : null;

    private static IEnumerable<string> Expected(IEnumerable<UsageRecord> records, UsageQuery query) => records
        .Where(record => (query.TokenId ?? record.TokenId) == record.TokenId && (query.ProjectId ?? record.ProjectId) == record.ProjectId && (query.Provider ?? record.Provider) == record.Provider
            && (query.Model ?? record.Model) == record.Model && !(record.Time < query.From) && !(record.Time >= query.To))
        .OrderByDescending(record => record.Time).ThenByDescending(record => record.RequestId, StringComparer.Ordinal).Select(record => record.RequestId);

    private async Task<List<string>> PagesAsync(UsageQuery query, int size)
    {
        var found = new List<string>();
        Cursor? after = null;
        while (await List.ReadAsync(query, after, size, TestContext.Current.CancellationToken) is { Count: > 0 } rows)
        {
            Assert.InRange(rows.Count, 1, size);
            found.AddRange(rows.Select(row => row.RequestId));
            after = UsageRecordList.CursorOf(rows[^1]);
        }
        return found;
    }

    private async Task DropAsync(int records, int hours)
    {
        await using var connection = await _store.Storage.Source.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await new UsageKeeping(new UsageKeepingOptions { RecordMonths = records, HourMonths = hours }).DropOldAsync(connection, Now, TestContext.Current.CancellationToken);
    }
}
