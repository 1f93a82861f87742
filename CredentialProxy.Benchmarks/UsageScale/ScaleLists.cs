using CredentialProxy.Admin.Api.Usage;
using CredentialProxy.Admin.Listing;
using CredentialProxy.Admin.Recording;
using CredentialProxy.Admin.Storage;
using CredentialProxy.Core.Usage;
using Npgsql;

namespace CredentialProxy.Benchmarks.UsageScale;

/// <summary>Reads pages of records: the first and the last of the year, of everything and of filters that fit many, few and none.</summary>
internal sealed class ScaleLists(NpgsqlDataSource postgres, Stopwatches watches)
{
    private const int PageSize = 51;
    private const string Rare = "model-rare";

    private readonly UsageRecordList _list = new(new PostgresStorageFactory(postgres), new PostgresRecordTimes(postgres));

    public async Task ReadAsync()
    {
        await new PostgresUsageWriter(postgres).WriteAsync(RareRecords(), CancellationToken.None);
        await PagesAsync("everything", new UsageQuery());
        await PagesAsync("one token's", new UsageQuery { TokenId = ScaleYear.TokenId(7) });
        await PagesAsync("one project's", new UsageQuery { ProjectId = ScaleYear.ProjectId(7) });
        await PagesAsync("one provider's", new UsageQuery { Provider = ScaleYear.Provider(3) });
        await PagesAsync("one model's in one project", new UsageQuery { ProjectId = ScaleYear.ProjectId(7), Model = ScaleYear.Model(3, 1) });
        await PagesAsync("a model's that was used sixty times in the year", new UsageQuery { Model = Rare });
        await PagesAsync("a model's that this project never used", new UsageQuery { ProjectId = ScaleYear.ProjectId(7), Model = ScaleYear.Model(0, 1) });
    }

    private async Task PagesAsync(string what, UsageQuery query)
    {
        var first = await watches.TimeAsync(() => _list.ReadAsync(query, null, PageSize, CancellationToken.None));
        var last = await watches.TimeAsync(() => _list.ReadAsync(query, new Cursor(ScaleYear.Start.AddDays(42).ToUnixTimeMilliseconds(), ""), PageSize, CancellationToken.None));
        Console.WriteLine($"a page of {what,-50} first {first}   last {last}");
    }

    private static IEnumerable<UsageRecord> RareRecords() => Enumerable.Range(0, 60).Select(i => new UsageRecord
    {
        RequestId = $"req_rare_{i}",
        Time = ScaleYear.Start.AddDays(6 * i),
        TokenId = ScaleYear.TokenId(7),
        ProjectId = ScaleYear.ProjectId(7),
        CredentialId = ScaleYear.CredentialId(3),
        Provider = ScaleYear.Provider(3),
        Model = Rare,
        Endpoint = "chat.completions",
    });
}
