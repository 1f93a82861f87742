using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Usage;
using CredentialProxy.Tests.Limits;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Tests.Recording;

/// <summary>Sums that were rolled up are the sums over the records, whatever was written, how often, and by how many at once.</summary>
public sealed class RollUpProperties
{
    // A little before a month, a day and an hour end.
    private static readonly DateTimeOffset Start = new(2027, 1, 31, 22, 0, 0, TimeSpan.Zero);

    [Property(MaxTest = 25, EndSize = 60, Arbitrary = [typeof(RollUpProperties)])]
    public async Task Sums_are_those_over_the_records_each_request_once(UsageRecord[] records, NonEmptyArray<UsageQuery> queries, PositiveInt writers)
    {
        await using var store = await PostgresUsageStore.CreateAsync();

        // Every writer gets every record, each in another order and in batches of another size, so that they meet at the same requests and sums.
        var written = await Task.WhenAll(Enumerable.Range(0, 1 + (writers.Get % 4)).Select(async writer =>
        {
            var rotated = records.Skip(writer * 7 % Math.Max(records.Length, 1)).Concat(records);
            var counts = 0;
            foreach (var batch in rotated.Chunk(3 + (5 * writer)))
            {
                counts += await store.CountAsync(batch);
            }
            return counts;
        }));

        await using var context = store.Storage.CreateDbContext();
        var rows = await context.Usage.AsNoTracking().ToListAsync();
        Assert.Equal(records.Select(record => record.RequestId).Distinct().Order(), rows.Select(row => row.RequestId).Order());
        Assert.Equal(rows.Count, written.Sum());
        foreach (var query in queries.Get)
        {
            var answer = await store.Reader.SummarizeAsync(query, CancellationToken.None);
            Assert.Equal(Totals(null, rows.Where(row => Fits(row, query))), answer.Totals);
            Assert.Equal(Groups(rows, query), answer.Groups);
        }
    }

    /// <summary>Records of a few requests, some of which come several times, and then with other figures at another time.</summary>
    public static Arbitrary<UsageRecord> Records() => (
        from request in Gen.Choose(1, 40)
        from offset in Times()
        from token in Gen.Choose(1, 3)
        from project in Gen.Elements<string?>(null, "", "p1", "p2\0")
        from model in Gen.Elements("m1", "m2", "\ud800", "")
        from figures in Gen.Choose(0, 1_000).Three()
        select UsageRecords.Of($"req_{request}") with
        {
            Time = Start + offset,
            TokenId = $"tok_{token}",
            ProjectId = project,
            Model = model,
            Usage = new TokenUsage { InputTokens = figures.Item1, CachedInputTokens = figures.Item2, OutputTokens = figures.Item3 },
            CostMicroUsd = figures.Item1 % 5,
        }).ToArbitrary();

    /// <summary>Questions of all kinds, about ranges that begin and end anywhere.</summary>
    public static Arbitrary<UsageQuery> Queries() => (
        from grouping in Gen.Elements(Enum.GetValues<UsageGrouping>())
        from token in Gen.Elements<string?>(null, null, "tok_1")
        from model in Gen.Elements<string?>(null, null, "m1")
        from range in Times().Two()
        from isOpen in Gen.Elements(true, false).Two()
        select new UsageQuery
        {
            GroupBy = grouping,
            TokenId = token,
            Model = model,
            From = isOpen.Item1 ? null : Start + (range.Item1 < range.Item2 ? range.Item1 : range.Item2),
            To = isOpen.Item2 ? null : Start + (range.Item1 < range.Item2 ? range.Item2 : range.Item1),
        }).ToArbitrary();

    // Within two days, often on the hour, often a millisecond beside it.
    private static Gen<TimeSpan> Times() =>
        from hour in Gen.Choose(0, 47)
        from milliseconds in Gen.OneOf(Gen.Elements(-1, 0, 1), Gen.Choose(0, 3_599_999))
        select TimeSpan.FromHours(hour) + TimeSpan.FromMilliseconds(milliseconds);

    private static bool Fits(UsageRow row, UsageQuery query) =>
        (query.TokenId is null || row.TokenId == query.TokenId) && (query.Model is null || row.Model == query.Model)
        && (query.FromMs is not { } from || row.TimeMs >= from) && (query.ToMs is not { } to || row.TimeMs < to);

    private static IEnumerable<UsageTotals> Groups(List<UsageRow> rows, UsageQuery query) => query.GroupBy == UsageGrouping.None ? [] : rows
        .Where(row => Fits(row, query)).GroupBy(row => Key(row, query.GroupBy)).Select(group => Totals(group.Key, group))
        .OrderByDescending(totals => totals.CostMicroUsd).ThenByDescending(totals => totals.Requests).ThenBy(totals => totals.Key, StringComparer.Ordinal);

    private static string Key(UsageRow row, UsageGrouping grouping) => grouping switch
    {
        UsageGrouping.Token => row.TokenId,
        UsageGrouping.Project => row.ProjectId ?? "",
        UsageGrouping.Model => row.Model,
        UsageGrouping.Provider => row.Provider,
        UsageGrouping.Credential => row.CredentialId,
        UsageGrouping.Day => $"{DateTimeOffset.FromUnixTimeMilliseconds(row.TimeMs):yyyy-MM-dd}",
        _ => $"{DateTimeOffset.FromUnixTimeMilliseconds(row.TimeMs):yyyy-MM-ddTHH}:00Z",
    };

    private static UsageTotals Totals(string? key, IEnumerable<UsageRow> rows) => rows.Aggregate(new UsageTotals(key, 0, default, 0), (sum, row) => new UsageTotals(
        key,
        sum.Requests + 1,
        new TokenUsage
        {
            InputTokens = sum.Usage.InputTokens + row.InputTokens,
            CachedInputTokens = sum.Usage.CachedInputTokens + row.CachedInputTokens,
            OutputTokens = sum.Usage.OutputTokens + row.OutputTokens,
        },
        sum.CostMicroUsd + row.CostMicroUsd));
}
