using CredentialProxy.Admin.Recording;
using CredentialProxy.Admin.Storage;
using CredentialProxy.Core.Usage;
using CredentialProxy.Tests.Limits;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Recording;

/// <summary>What is old goes by whole months, and what is left still adds up.</summary>
public sealed class UsageKeepingTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Now = new(2027, 6, 15, 12, 0, 0, TimeSpan.Zero);

    private PostgresUsageStore _store = null!;

    public async ValueTask InitializeAsync() => _store = await PostgresUsageStore.CreateAsync();

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public async Task What_is_older_than_is_kept_is_dropped_by_whole_months_and_its_sums_stay()
    {
        await WriteMonthlyAsync();

        var dropped = await DropAsync(records: 2, hours: 3);

        Assert.Equal(["r4", "r5", "r6"], await _store.Storage.QueryAsync<string>("""SELECT "RequestId" FROM "usage" ORDER BY 1"""));
        foreach (var sums in MonthlyPartitions.OfSums)
        {
            Assert.Equal([4], await _store.Storage.QueryAsync<long>($"SELECT count(*) FROM {sums.Table}"));
        }
        Assert.True(dropped >= 5);
        // Each in its own entry, with what is gone.
        Assert.Equal(dropped, (await _store.Storage.QueryAsync<string>("""SELECT "Id"::text FROM audit WHERE "Actor" = 'system' AND "Action" = 'usage.drop'""")).Count);
        Assert.Equal(
            ["""{"from":"2027-03-01T00:00:00+00:00","to":"2027-04-01T00:00:00+00:00"}"""],
            await _store.Storage.QueryAsync<string>("""SELECT "BeforeJson" FROM audit WHERE "ObjectId" = 'usage' AND "Time" = 1813060800000 ORDER BY "Id" DESC LIMIT 1"""));
        Assert.Equal(0, await DropAsync(records: 2, hours: 3));
        Assert.Equal(6, (await AskAsync(null, null)).Totals.Requests);
        Assert.Equal(["2027-01-15", "2027-02-15", "2027-03-15", "2027-04-15", "2027-05-15", "2027-06-15"], (await AskAsync(null, null, UsageGrouping.Day)).Groups.Select(group => group.Key).Order());
    }

    [Theory]
    // A month with records.
    [InlineData("2027-04-15T10:30:00Z", 3, 3)]
    [InlineData("2027-04-15T10:30:00.001Z", 4, 2)]
    // One with sums by hour: an hour counts where it begins.
    [InlineData("2027-03-15T10:00:00Z", 2, 4)]
    [InlineData("2027-03-15T10:00:00.001Z", 3, 3)]
    [InlineData("2027-03-15T10:30:00Z", 3, 3)]
    // One with sums by day: so does a day.
    [InlineData("2027-01-15T00:00:00Z", 0, 6)]
    [InlineData("2027-01-15T09:00:00Z", 1, 5)]
    public async Task Ranges_that_follow_upon_each_other_add_up_where_records_are_gone(string end, int before, int after)
    {
        await WriteMonthlyAsync();
        await DropAsync(records: 2, hours: 3);
        var cut = DateTimeOffset.Parse(end, System.Globalization.CultureInfo.InvariantCulture);

        // Out of each roll-up.
        foreach (var grouping in new[] { UsageGrouping.None, UsageGrouping.Project, UsageGrouping.Token })
        {
            Assert.Equal((before, after), ((await AskAsync(null, cut, grouping)).Totals.Requests, (await AskAsync(cut, null, grouping)).Totals.Requests));
        }
    }

    [Fact]
    public async Task A_late_record_of_a_dropped_month_counts()
    {
        await WriteMonthlyAsync();
        await DropAsync(records: 2, hours: 3);

        Assert.Equal(1, await _store.CountAsync(UsageRecords.Of("late") with { Time = Now.AddMonths(-5) }));

        Assert.Equal(7, (await AskAsync(null, null)).Totals.Requests);
        Assert.Equal(5, await DropAsync(records: 2, hours: 3));
        Assert.Equal(7, (await AskAsync(null, null)).Totals.Requests);
    }

    [Fact]
    public async Task What_can_t_be_written_to_the_audit_log_is_not_dropped_and_of_two_who_drop_it_one_does()
    {
        await WriteMonthlyAsync();
        await _store.Storage.ExecuteAsync("ALTER TABLE audit RENAME TO away");
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => DropAsync(records: 2, hours: 3));
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => ForgetAsync(days: 1));
        Assert.Equal([6], await _store.Storage.QueryAsync<long>("SELECT count(*) FROM \"usage\""));
        Assert.Equal([6], await _store.Storage.QueryAsync<long>("SELECT count(*) FROM usage_days"));
        await _store.Storage.ExecuteAsync("ALTER TABLE away RENAME TO audit");

        var dropped = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => DropAsync(records: 2, hours: 3)));

        Assert.Equal([(long)dropped.Sum()], await _store.Storage.QueryAsync<long>("SELECT count(*) FROM audit WHERE \"Action\" = 'usage.drop'"));
        Assert.Equal([3], await _store.Storage.QueryAsync<long>("SELECT count(*) FROM audit WHERE \"ObjectId\" = 'usage' AND \"BeforeJson\" > '{\"from\":\"2027'"));
    }

    [Fact]
    public async Task Sums_by_day_that_are_older_than_is_kept_go_with_the_series_that_have_no_other()
    {
        await WriteMonthlyAsync();
        await _store.WriteAsync(
            UsageRecords.Of("first") with { Time = new DateTimeOffset(2027, 1, 31, 23, 0, 0, TimeSpan.Zero), TokenId = "gone", Model = "gone" },
            UsageRecords.Of("second") with { Time = new DateTimeOffset(2027, 2, 1, 0, 0, 0, TimeSpan.Zero), TokenId = "stays", Model = "stays" });
        await DropAsync(records: 2, hours: 3);

        // Of each roll-up two: that of all months, and the other's.
        Assert.Equal(8, await ForgetAsync(days: 4));

        Assert.Equal(6, (await AskAsync(null, null)).Totals.Requests);
        foreach (var grouping in new[] { UsageGrouping.Token, UsageGrouping.Project, UsageGrouping.Model })
        {
            Assert.Equal(6, (await AskAsync(null, null, grouping)).Groups.Sum(group => group.Requests));
        }
        foreach (var rollUp in UsageRollUp.All)
        {
            Assert.Equal([2], await _store.Storage.QueryAsync<long>($"SELECT count(*) FROM {rollUp.Series}"));
            Assert.Equal([0], await _store.Storage.QueryAsync<long>($"""SELECT count(*) FROM {rollUp.Days} WHERE "SeriesId" NOT IN (SELECT "Id" FROM {rollUp.Series})"""));
        }
        Assert.Equal(
            ["usage_days", "usage_model_days", "usage_project_days", "usage_token_days"],
            await _store.Storage.QueryAsync<string>("""SELECT "ObjectId" FROM audit WHERE "Actor" = 'system' AND "Action" = 'usage.forget' AND "BeforeJson" = '{"before":"2027-02-01T00:00:00+00:00"}' ORDER BY 1"""));
        Assert.Equal(0, await ForgetAsync(days: 4));
        Assert.Equal([4], await _store.Storage.QueryAsync<long>("SELECT count(*) FROM audit WHERE \"Action\" = 'usage.forget'"));
    }

    [Fact]
    public async Task A_series_that_was_forgotten_is_numbered_anew_and_one_with_sums_by_hour_stays()
    {
        var record = UsageRecords.Of("old") with { Time = Now.AddMonths(-6) };
        await _store.WriteAsync(record);

        // Its sums by hour were not dropped yet.
        Assert.Equal(UsageRollUp.All.Count, await ForgetAsync(days: 5));
        Assert.Equal([1], await _store.Storage.QueryAsync<long>("SELECT count(*) FROM usage_series"));
        await DropAsync(records: 1, hours: 1);
        await _store.WriteAsync(record with { RequestId = "late" });
        await DropAsync(records: 1, hours: 1);
        Assert.Equal(UsageRollUp.All.Count, await ForgetAsync(days: 5));
        Assert.Equal([0], await _store.Storage.QueryAsync<long>("SELECT count(*) FROM usage_series"));

        await _store.WriteAsync(record with { RequestId = "again", Time = Now });
        Assert.Equal((1, "tok"), (await AskAsync(null, null, UsageGrouping.Token)) is var summary ? (summary.Totals.Requests, summary.Groups.Single().Key) : default);
    }

    [Fact]
    public async Task Many_sums_by_day_go_in_several_steps_and_are_one_entry_of_the_audit_log()
    {
        await _store.Storage.ExecuteAsync("""
            INSERT INTO usage_series ("Hash", "TokenId", "CredentialId", "Provider", "Model") SELECT gen_random_uuid(), 'many', 'c', 'p', 'm' FROM generate_series(1, 3000);
            INSERT INTO usage_days SELECT "Id", 86400000 * day, 1, 0, 0, 0, 0, 0, 0 FROM usage_series, generate_series(1, 4) AS day
            """);
        await WriteMonthlyAsync();

        Assert.Equal(12_000, await ForgetAsync(days: 5));

        Assert.Equal([1], await _store.Storage.QueryAsync<long>("SELECT count(*) FROM usage_series"));
        Assert.Equal(6, (await AskAsync(null, null, UsageGrouping.Token)).Totals.Requests);
        Assert.Equal([1], await _store.Storage.QueryAsync<long>("SELECT count(*) FROM audit WHERE \"Action\" = 'usage.forget'"));
    }

    [Fact]
    public async Task No_series_goes_while_somebody_writes_who_may_have_found_it()
    {
        await _store.WriteAsync(UsageRecords.Of("old") with { Time = Now.AddMonths(-6) });
        await DropAsync(records: 1, hours: 1);
        await using var writer = await _store.Storage.Source.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var writing = await writer.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await AdvisoryLocks.Usage.TakeAsync(writer, TestContext.Current.CancellationToken);

        var forgetting = ForgetAsync(days: 5);
        await Product.EventuallyAsync(
            async () => await _store.Storage.QueryAsync<long>("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())") is [1], "it waits");
        Assert.Equal([1], await _store.Storage.QueryAsync<long>("SELECT count(*) FROM usage_series"));
        await writing.CommitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(UsageRollUp.All.Count, await forgetting);
        Assert.Equal([0], await _store.Storage.QueryAsync<long>("SELECT count(*) FROM usage_series"));
    }

    [Fact]
    public async Task Sums_by_day_are_kept_for_as_long_as_those_by_hour_whatever_is_set()
    {
        await WriteMonthlyAsync();

        Assert.Equal(0, await ForgetAsync(days: 1, hours: 12));

        Assert.Equal(6, (await AskAsync(null, null, UsageGrouping.Day)).Totals.Requests);
    }

    [Fact]
    public async Task There_is_room_for_the_months_ahead()
    {
        await using var connection = await _store.Storage.Source.OpenConnectionAsync(TestContext.Current.CancellationToken);
        var keeping = new UsageKeeping(new UsageKeepingOptions { MonthsAhead = 2 });

        for (var i = 0; i < 2; i++)
        {
            await keeping.MakeRoomAsync(connection, new DateTimeOffset(2099, 11, 30, 23, 59, 59, TimeSpan.Zero), TestContext.Current.CancellationToken);
        }

        var months = await MonthlyPartitions.OfRecords.ListAsync(connection, TestContext.Current.CancellationToken);
        Assert.Equal(["2099_11", "2099_12", "2100_01"], months.Where(month => month.Number >= 2099 * 12).Select(month => month.ToString()));
    }

    // One at 10:30 on the fifteenth of each month up to the present one.
    private Task WriteMonthlyAsync() =>
        _store.WriteAsync([.. Enumerable.Range(1, 6).Select(month => UsageRecords.Of($"r{month}") with { Time = new DateTimeOffset(2027, month, 15, 10, 30, 0, TimeSpan.Zero) })]);

    private async Task<int> DropAsync(int records, int hours)
    {
        await using var connection = await _store.Storage.Source.OpenConnectionAsync(TestContext.Current.CancellationToken);
        return await new UsageKeeping(new UsageKeepingOptions { RecordMonths = records, HourMonths = hours }).DropOldAsync(connection, Now, TestContext.Current.CancellationToken);
    }

    private async Task<long> ForgetAsync(int days, int hours = 1)
    {
        await using var connection = await _store.Storage.Source.OpenConnectionAsync(TestContext.Current.CancellationToken);
        return await new OldDaySums(new UsageKeepingOptions { RecordMonths = 1, HourMonths = hours, DayMonths = days }).ForgetAsync(connection, Now, TestContext.Current.CancellationToken);
    }

    private async Task<UsageSummary> AskAsync(DateTimeOffset? from, DateTimeOffset? to, UsageGrouping grouping = UsageGrouping.None) =>
        await _store.Reader.SummarizeAsync(new UsageQuery { From = from, To = to, GroupBy = grouping }, TestContext.Current.CancellationToken);
}
