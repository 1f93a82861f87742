#pragma warning disable RS0030 // What is drawn decides nothing but what is asked.
using System.Globalization;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Usage;
using CredentialProxy.Tests.Limits;

namespace CredentialProxy.Tests.Usage;

/// <summary>What every <see cref="IUsageReader"/> must do, over what its store has been given.</summary>
public abstract class UsageReaderContract(Func<Task<IUsageStore>> createStore) : IAsyncLifetime
{
    protected IUsageStore Store { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Store = await createStore();

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Store.DisposeAsync();
    }

    [Fact]
    public async Task Nothing_sums_up_to_zero()
    {
        foreach (var grouping in Enum.GetValues<UsageGrouping>())
        {
            var summary = await AskAsync(new UsageQuery { GroupBy = grouping, From = At("2027-01-31T10:10:00Z"), To = At("2027-01-31T10:10:00Z") });
            Assert.Equal(new UsageTotals(null, 0, default, 0), summary.Totals);
            Assert.Empty(summary.Groups);
        }
    }

    [Fact]
    public async Task Every_figure_is_summed()
    {
        var usage = new TokenUsage { InputTokens = 1_000, CachedInputTokens = 200, CacheWriteTokens = 30, CacheWriteHourTokens = 4, OutputTokens = 500, ReasoningTokens = 60 };
        await Store.WriteAsync(
            Record("a", "2027-01-31T10:00:00Z") with { Usage = usage, CostMicroUsd = 7 },
            Record("b", "2027-02-01T10:00:00Z") with { Usage = usage, CostMicroUsd = 8 });

        var summary = await AskAsync(new UsageQuery());

        var sums = new TokenUsage { InputTokens = 2_000, CachedInputTokens = 400, CacheWriteTokens = 68, OutputTokens = 1_000, ReasoningTokens = 120 };
        Assert.Equal(new UsageTotals(null, 2, sums, 15), summary.Totals);
        Assert.Empty(summary.Groups);
    }

    [Theory]
    [InlineData(UsageGrouping.Token, "t2:2", "t1:1")]
    [InlineData(UsageGrouping.Project, "p:2", ":1")]
    [InlineData(UsageGrouping.Model, "m2:2", "m1:1")]
    [InlineData(UsageGrouping.Provider, "b:2", "a:1")]
    [InlineData(UsageGrouping.Credential, "c2:2", "c1:1")]
    [InlineData(UsageGrouping.Day, "2027-02-01:2", "2027-01-31:1")]
    [InlineData(UsageGrouping.Hour, "2027-02-01T00:00Z:2", "2027-01-31T23:00Z:1")]
    public async Task Groups_add_up_to_the_total_dearest_first(UsageGrouping grouping, params string[] expected)
    {
        await Store.WriteAsync(
            Record("a", "2027-01-31T23:59:59.999Z") with { TokenId = "t1", CredentialId = "c1", Provider = "a", Model = "m1", CostMicroUsd = 1 },
            Record("b", "2027-02-01T00:00:00Z") with { TokenId = "t2", ProjectId = "p", CredentialId = "c2", Provider = "b", Model = "m2", CostMicroUsd = 1 },
            Record("c", "2027-02-01T00:30:00Z") with { TokenId = "t2", ProjectId = "p", CredentialId = "c2", Provider = "b", Model = "m2", CostMicroUsd = 1 });

        var summary = await AskAsync(new UsageQuery { GroupBy = grouping });

        Assert.Equal(expected, summary.Groups.Select(group => $"{group.Key}:{group.CostMicroUsd}"));
        Assert.Equal((3, 3), (summary.Totals.Requests, summary.Totals.CostMicroUsd));
        Assert.Null(summary.Totals.Key);
    }

    [Fact]
    public async Task Groups_of_one_cost_come_by_requests_and_then_by_the_bytes_of_their_key()
    {
        string[] tokens = ["b", "a", "B", "é", "z", "z"];
        await Store.WriteAsync([.. tokens.Select((token, i) => Record($"r{i}", "2027-01-31T10:00:00Z") with { TokenId = token })]);

        var summary = await AskAsync(new UsageQuery { GroupBy = UsageGrouping.Token });

        Assert.Equal(["z", "B", "a", "b", "é"], summary.Groups.Select(group => group.Key));
    }

    [Fact]
    public async Task Filters_apply_together()
    {
        var record = Record("", "2027-01-31T10:00:00Z") with { TokenId = "t", ProjectId = "p", CredentialId = "c", Provider = "a", Model = "m" };
        UsageRecord[] others =
            [record with { TokenId = "-" }, record with { ProjectId = "-" }, record with { ProjectId = null }, record with { CredentialId = "-" }, record with { Provider = "-" }, record with { Model = "-" }];
        await Store.WriteAsync([record with { RequestId = "mine" }, .. others.Select((other, i) => other with { RequestId = $"other{i}" })]);
        var query = new UsageQuery { TokenId = "t", ProjectId = "p", CredentialId = "c", Provider = "a", Model = "m" };

        Assert.Equal(1, (await AskAsync(query)).Totals.Requests);
        Assert.Equal(1, (await AskAsync(query with { From = At("2027-01-31T09:30:00Z"), To = At("2027-01-31T10:30:00Z"), GroupBy = UsageGrouping.Hour })).Totals.Requests);
        Assert.Equal(2, (await AskAsync(query with { TokenId = null })).Totals.Requests);
        Assert.Equal(0, (await AskAsync(query with { ProjectId = "" })).Totals.Requests);
        Assert.Equal(0, (await AskAsync(query with { Model = "'; DROP TABLE \"usage\"; --\0" })).Totals.Requests);
    }

    [Theory]
    [InlineData("2027-01-31T10:10:00Z", "2027-01-31T10:10:00Z", "")]
    [InlineData("2027-01-31T10:10:00Z", "2027-01-31T10:10:00.001Z", "b")]
    [InlineData("2027-01-31T10:10:00.0005Z", "2027-01-31T10:10:00.0015Z", "c")]
    [InlineData("2027-01-31T10:10:00.001Z", "2027-01-31T11:00:00Z", "cd")]
    [InlineData("2027-01-31T10:10:00.001Z", "2027-01-31T11:00:00.001Z", "cde")]
    [InlineData("2027-01-31T10:10:00Z", "2027-02-02T00:00:00Z", "bcdefgh")]
    [InlineData("2027-01-31T10:10:00Z", "2027-02-02T00:00:00.001Z", "bcdefghi")]
    [InlineData("2027-01-30T23:00:00Z", "2027-02-02T01:30:00Z", "abcdefghi")]
    [InlineData("2027-01-31T12:10:00+02:00", null, "bcdefghij")]
    [InlineData(null, "2027-02-01T00:00:00Z", "abcdef")]
    [InlineData("2027-02-01T00:00:00Z", "2027-01-31T00:00:00Z", "")]
    [InlineData("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.9999999Z", "abcdefghij")]
    public async Task A_range_begins_and_ends_to_the_millisecond(string? from, string? to, string expected)
    {
        string[] times =
        [
            "2027-01-31T00:00:00Z", "2027-01-31T10:10:00Z", "2027-01-31T10:10:00.001Z", "2027-01-31T10:59:59.999Z", "2027-01-31T11:00:00Z", "2027-01-31T23:59:59.999Z", "2027-02-01T00:00:00Z",
            "2027-02-01T23:59:59.999Z", "2027-02-02T00:00:00Z", "2028-12-31T00:00:00Z",
        ];
        await Store.WriteAsync([.. times.Select((time, i) => Record($"{(char)('a' + i)}", time) with { CostMicroUsd = 1L << i })]);
        var range = new UsageQuery { From = from is null ? null : At(from), To = to is null ? null : At(to) };

        foreach (var grouping in Enum.GetValues<UsageGrouping>())
        {
            var summary = await AskAsync(range with { GroupBy = grouping });
            Assert.Equal(expected, string.Concat(times.Select((_, i) => i).Where(i => (summary.Totals.CostMicroUsd & (1L << i)) != 0).Select(i => (char)('a' + i))));
            Assert.True(grouping == UsageGrouping.None || summary.Groups.Sum(group => group.CostMicroUsd) == summary.Totals.CostMicroUsd);
        }
    }

    [Fact]
    public async Task Whatever_is_asked_is_answered_as_the_records_say()
    {
        var random = new Random(2027);
        var records = Enumerable.Range(0, 400).Select(i => RandomRecord(random, i)).ToArray();
        foreach (var batch in records.Concat(records.Take(100)).Chunk(90))
        {
            await Store.WriteAsync(batch);
        }
        for (var i = 0; i < 400; i++)
        {
            var query = RandomQuery(random) with { GroupBy = (UsageGrouping)(i % Enum.GetValues<UsageGrouping>().Length) };
            var (summary, expected) = (await AskAsync(query), UsageReference.Summarize(records, query));
            Assert.Equal(expected.Totals, summary.Totals);
            Assert.Equal(expected.Groups, summary.Groups);
        }
    }

    [Fact]
    public async Task A_record_that_comes_again_counts_once()
    {
        var record = Record("a", "2027-01-31T10:00:00Z") with { CostMicroUsd = 5 };
        await Store.WriteAsync(record, record);
        await Store.WriteAsync(record);
        await Store.WriteAsync(record with { Time = record.Time.AddHours(20), TokenId = "another" }, Record("b", "2027-01-31T10:00:00Z"));

        var summary = await AskAsync(new UsageQuery { GroupBy = UsageGrouping.Day });

        Assert.Equal((2, 5), (summary.Totals.Requests, summary.Totals.CostMicroUsd));
        Assert.Single(summary.Groups);
    }

    [Fact]
    public async Task Figures_that_no_provider_could_mean_are_bounded_and_sum_up()
    {
        var usage = new TokenUsage { InputTokens = long.MaxValue, CacheWriteTokens = long.MaxValue, CacheWriteHourTokens = long.MaxValue, OutputTokens = -5 };
        await Store.WriteAsync([.. Enumerable.Range(0, 3).Select(i => Record($"r{i}", "2027-01-31T10:00:00Z") with { Usage = usage, CostMicroUsd = -1 })]);

        var totals = (await AskAsync(new UsageQuery())).Totals;

        // Beyond 2^53 a sum need not be exact to the last digit.
        Assert.InRange(totals.Usage.InputTokens, (3 * Limit.MaxAmount) - 4, 3 * Limit.MaxAmount);
        Assert.InRange(totals.Usage.CacheWriteTokens, (3 * Limit.MaxAmount) - 4, 3 * Limit.MaxAmount);
        Assert.Equal((0, 0), (totals.Usage.OutputTokens, totals.CostMicroUsd));
    }

    private static UsageRecord RandomRecord(Random random, int number) => Record($"r{number}", "2027-01-30T00:00:00Z") with
    {
        Time = At("2027-01-30T00:00:00Z").AddMinutes(random.Next(0, 4 * 24 * 60)),
        TokenId = $"t{random.Next(4)}",
        ProjectId = random.Next(3) is var project and > 0 ? $"p{project}" : null,
        CredentialId = $"c{random.Next(3)}",
        Provider = $"v{random.Next(2)}",
        Model = $"m{random.Next(3)}",
        Usage = new TokenUsage { InputTokens = random.Next(1000), CachedInputTokens = random.Next(10), CacheWriteTokens = random.Next(10), OutputTokens = random.Next(100), ReasoningTokens = random.Next(50) },
        CostMicroUsd = random.Next(100),
    };

    private static UsageQuery RandomQuery(Random random)
    {
        return new UsageQuery
        {
            TokenId = Maybe($"t{random.Next(4)}"),
            ProjectId = Maybe($"p{random.Next(1, 3)}"),
            CredentialId = Maybe($"c{random.Next(3)}"),
            Provider = Maybe($"v{random.Next(2)}"),
            Model = Maybe($"m{random.Next(3)}"),
            From = random.Next(3) == 0 ? null : At("2027-01-30T00:00:00Z").AddMinutes(random.Next(0, 3 * 24 * 60)),
            To = random.Next(3) == 0 ? null : At("2027-01-31T00:00:00Z").AddMinutes(random.Next(0, 3 * 24 * 60)),
        };

        string? Maybe(string value) => random.Next(4) == 0 ? value : null;
    }

    protected static UsageRecord Record(string requestId, string time) => UsageRecords.Of(requestId) with { Time = At(time) };

    protected static DateTimeOffset At(string time) => DateTimeOffset.Parse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    protected async Task<UsageSummary> AskAsync(UsageQuery query) => await Store.Reader.SummarizeAsync(query, TestContext.Current.CancellationToken);
}
