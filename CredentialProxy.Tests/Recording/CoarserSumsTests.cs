using CredentialProxy.Admin.Recording;
using CredentialProxy.Admin.Storage;
using CredentialProxy.Core.Usage;
using CredentialProxy.Tests.Limits;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace CredentialProxy.Tests.Recording;

/// <summary>A database of a version that kept no sums without tokens gets them, as if they had always been kept.</summary>
public sealed class CoarserSumsTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Now = new(2027, 6, 15, 12, 0, 0, TimeSpan.Zero);

    private PostgresUsageStore _store = null!;

    public async ValueTask InitializeAsync() => _store = await PostgresUsageStore.CreateAsync();

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public async Task Sums_that_a_migration_makes_are_those_that_the_writer_would_have_kept()
    {
        await _store.WriteAsync([.. Records("before")]);
        var kept = await SumsAsync();

        await MigrateAnewAsync();

        Assert.NotEmpty(kept);
        Assert.Equal(kept, await SumsAsync());
        // And the writer finds the series again.
        await _store.WriteAsync([.. Records("after")]);
        Assert.Equal(kept.Count, (await SumsAsync()).Count);
        Assert.Equal([2L * Records("").Count()], await _store.Storage.QueryAsync<long>("SELECT sum(\"Requests\")::bigint FROM usage_model_hours"));
    }

    [Fact]
    public async Task What_was_dropped_before_counts_where_it_counted()
    {
        await _store.WriteAsync([.. Records("r")]);
        await using (var connection = await _store.Storage.Source.OpenConnectionAsync(TestContext.Current.CancellationToken))
        {
            await new UsageKeeping(new UsageKeepingOptions { RecordMonths = 1, HourMonths = 2 }).DropOldAsync(connection, Now, TestContext.Current.CancellationToken);
        }
        var before = await AskAsync();

        await MigrateAnewAsync();

        Assert.Equal(before, await AskAsync());
    }

    // Texts that a hash must not mix up, sums at their bound, and every month up to the present one.
    private static IEnumerable<UsageRecord> Records(string name) =>
        from month in Enumerable.Range(1, 6)
        from values in new (string? Project, string Model)[] { ("p", "m"), (null, "m"), ("", "m"), ("=p", "é\u2603"), ("p", "") }
        from token in Enumerable.Range(0, 3)
        select UsageRecords.Of($"{name}-{month}-{values.Project ?? "none"}-{values.Model}-{token}") with
        {
            Time = new DateTimeOffset(2027, month, 15, 10, 30, 0, TimeSpan.Zero),
            TokenId = $"tok{token}",
            ProjectId = values.Project,
            Model = values.Model,
            CostMicroUsd = month + token,
        };

    // Back to before the sums, and on again.
    private async Task MigrateAnewAsync()
    {
        await using var context = _store.Storage.CreateDbContext();
        var before = context.Database.GetMigrations().TakeWhile(name => !name.EndsWith("_CoarserUsage", StringComparison.Ordinal)).Last();
        await context.GetService<IMigrator>().MigrateAsync(before, TestContext.Current.CancellationToken);
        Assert.Equal([0], await _store.Storage.QueryAsync<long>("SELECT count(*) FROM pg_class WHERE relname ~ 'usage_(token|project|model)_'"));
        await _store.Storage.MigrateAsync();
    }

    private async Task<List<string>> SumsAsync()
    {
        var sums = new List<string>();
        foreach (var rollUp in UsageRollUp.All)
        {
            foreach (var table in new[] { rollUp.Hours.Table, rollUp.Days })
            {
                sums.AddRange(await _store.Storage.QueryAsync<string>(
                    $"SELECT '{table} ' || (to_jsonb(sums) - 'SeriesId')::text || (to_jsonb(series) - 'Id')::text FROM {table} AS sums JOIN {rollUp.Series} AS series ON \"Id\" = \"SeriesId\" ORDER BY 1"));
            }
        }
        return sums;
    }

    private async Task<List<UsageTotals>> AskAsync()
    {
        var answers = new List<UsageTotals>();
        foreach (var month in Enumerable.Range(1, 6))
        {
            var cut = new DateTimeOffset(2027, month, 15, 10, 40, 0, TimeSpan.Zero);
            foreach (var grouping in Enum.GetValues<UsageGrouping>())
            {
                var summary = await _store.Reader.SummarizeAsync(new UsageQuery { From = cut, GroupBy = grouping }, TestContext.Current.CancellationToken);
                answers.AddRange(summary.Groups.Prepend(summary.Totals));
            }
        }
        return answers;
    }
}
