using CredentialProxy.Admin.Recording;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Usage;
using CredentialProxy.Tests.Limits;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace CredentialProxy.Tests.Recording;

public sealed class PostgresUsageWriterTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Time = new(2027, 1, 31, 23, 59, 59, 999, TimeSpan.Zero);

    private PostgresUsageStore _store = null!;

    public async ValueTask InitializeAsync() => _store = await PostgresUsageStore.CreateAsync();

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public async Task Every_column_is_kept()
    {
        var record = new UsageRecord
        {
            RequestId = "req",
            Time = Time,
            TokenId = "tok",
            ProjectId = "p",
            CredentialId = "cred",
            Provider = "openai",
            Model = "m",
            Endpoint = "e",
            StatusCode = 200,
            Usage = new TokenUsage { InputTokens = 1, CachedInputTokens = 2, CacheWriteTokens = 3, CacheWriteHourTokens = 4, OutputTokens = 5, ReasoningTokens = 6 },
            CostMicroUsd = 7,
            Marks = UsageMarks.Overrun,
            DurationMs = 8,
            TraceId = "0af7651916cd43dd8448eb211c80319c",
        };
        await _store.WriteAsync(record);

        await using var context = _store.Storage.CreateDbContext();
        var row = await context.Usage.AsNoTracking().SingleAsync(TestContext.Current.CancellationToken);
        Assert.Equal(
            ("req", Time.ToUnixTimeMilliseconds(), "tok", "p", "cred", "openai", "m", "e", 200, 1, 2, 7, 5, 6, 7, (int)UsageMarks.Overrun, 8, "0af7651916cd43dd8448eb211c80319c"),
            (row.RequestId, row.TimeMs, row.TokenId, row.ProjectId, row.CredentialId, row.Provider, row.Model, row.Endpoint, row.StatusCode, row.InputTokens, row.CachedInputTokens, row.CacheWriteTokens,
                row.OutputTokens, row.ReasoningTokens, row.CostMicroUsd, row.Marks, row.DurationMs, row.TraceId));
    }

    [Fact]
    public async Task A_request_that_comes_again_at_another_time_is_known_though_it_lies_in_another_partition()
    {
        var record = UsageRecords.Of("a") with { Time = Time };
        Assert.Equal(1, await _store.CountAsync(record));
        Assert.Equal(0, await _store.CountAsync(record with { Time = Time.AddDays(1) }));
        Assert.Equal(1, await _store.CountAsync(record with { Time = Time.AddDays(-1) }, UsageRecords.Of("b") with { Time = Time.AddMonths(1) }));
    }

    [Fact]
    public async Task No_record_is_lost_for_want_of_a_partition()
    {
        UsageRecord[] records = [.. new[] { -9000, 0, 1, 400, 9000 }.Select((days, i) => UsageRecords.Of($"r{i}") with { Time = Time.AddDays(days) }), UsageRecords.Of("first") with { Time = DateTimeOffset.MinValue }];
        Assert.Equal(records.Length, await _store.CountAsync(records));

        // Dropped behind the writer's back.
        await _store.Storage.ExecuteAsync("DROP TABLE usage_2027_01; DROP TABLE usage_hours_2027_02");
        Assert.Equal(1, await _store.CountAsync(records));
        Assert.Equal(records.Length, await _store.Storage.CreateDbContext().Usage.CountAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_batch_that_fails_leaves_nothing_behind()
    {
        await _store.Storage.ExecuteAsync("ALTER TABLE usage_days ADD CONSTRAINT cheap CHECK (\"CostMicroUsd\" < 100)");
        UsageRecord[] batch = [UsageRecords.Of("a") with { CostMicroUsd = 10 }, UsageRecords.Of("b") with { CostMicroUsd = 90 }];

        await Assert.ThrowsAsync<PostgresException>(() => _store.CountAsync(batch));

        foreach (var table in UsageRollUp.All.SelectMany(rollUp => new[] { rollUp.Series, rollUp.Hours.Table, rollUp.Days }).Append("usage"))
        {
            Assert.Equal([0], await _store.Storage.QueryAsync<long>($"SELECT count(*) FROM {table}"));
        }
        await _store.Storage.ExecuteAsync("ALTER TABLE usage_days DROP CONSTRAINT cheap");
        Assert.Equal(2, await _store.CountAsync(batch));
    }

    [Fact]
    public async Task Sums_stop_at_the_largest_number_instead_of_failing()
    {
        var usage = new TokenUsage { OutputTokens = Limit.MaxAmount };
        var batch = Enumerable.Range(0, 1_100).Select(i => UsageRecords.Of($"r{i}") with { Usage = usage }).ToArray();
        Assert.Equal(1_100, await _store.CountAsync(batch));
        Assert.Equal(1, await _store.CountAsync(UsageRecords.Of("another") with { Usage = usage }));

        foreach (var range in new[] { new UsageQuery(), new UsageQuery { To = DateTimeOffset.UnixEpoch.AddMinutes(1) } })
        {
            var summary = await _store.Reader.SummarizeAsync(range with { GroupBy = UsageGrouping.Model }, TestContext.Current.CancellationToken);
            Assert.Equal((1_101, long.MaxValue), (summary.Totals.Requests, summary.Totals.Usage.OutputTokens));
            Assert.Equal(long.MaxValue, Assert.Single(summary.Groups).Usage.OutputTokens);
        }
    }

    [Fact]
    public async Task Series_numbers_are_not_used_up_by_batches()
    {
        for (var i = 0; i < 5; i++)
        {
            await _store.WriteAsync([.. Enumerable.Range(0, 10).Select(j => UsageRecords.Of($"r{i}.{j}") with { TokenId = $"tok{j}" })]);
        }

        // It is an int, and batches are without number.
        Assert.Equal([10], await _store.Storage.QueryAsync<int>("SELECT max(\"Id\") FROM usage_series"));
        Assert.Equal([1, 1], await _store.Storage.QueryAsync<int>("SELECT max(\"Id\") FROM usage_project_series UNION ALL SELECT max(\"Id\") FROM usage_model_series"));
    }

    [Fact]
    public async Task Writers_of_the_same_records_at_once_write_each_once_and_none_fails()
    {
        var records = Enumerable.Range(0, 400).Select(i => UsageRecords.Of($"r{i}") with { TokenId = $"tok{i % 7}", Time = Time.AddMinutes(i) }).ToArray();
        var written = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
        {
            var writer = new PostgresUsageWriter(_store.Storage.Source);
            var count = 0;
            foreach (var batch in (i % 2 == 0 ? records : records.Reverse()).Chunk(20))
            {
                count += await writer.WriteAsync(batch, TestContext.Current.CancellationToken);
            }
            return count;
        })));
        Assert.Equal(records.Length, written.Sum());
        foreach (var table in UsageRollUp.All.SelectMany(rollUp => new[] { rollUp.Hours.Table, rollUp.Days }))
        {
            Assert.Equal([records.Length], await _store.Storage.QueryAsync<long>($"SELECT sum(\"Requests\")::bigint FROM {table}"));
        }
    }
}
