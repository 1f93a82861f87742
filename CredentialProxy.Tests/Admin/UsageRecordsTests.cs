using System.Net;
using System.Text.Json.Nodes;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Usage;
using CredentialProxy.Tests.Limits;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Admin;

/// <summary>The records behind the sums: by page, and as CSV that no spreadsheet takes for formulas; and the prices in force.</summary>
public abstract class UsageRecordsContract
{
    /// <summary>An admin of the control plane.</summary>
    protected abstract ControlCalls Admin { get; }

    [Fact]
    public async Task Records_come_by_page_newest_first_and_add_up_to_the_sums()
    {
        using var minter = await Admin.WithRoleAsync("minter", new { });
        var made = await minter.CreateAsync("/api/tokens", new { kind = "proxy" });
        for (var i = 0; i < 5; i++)
        {
            await UseAsync(made);
        }
        var records = await Admin.AllAsync($"/api/usage/records?token={made["id"]}", "records", 2);
        var totals = (await Admin.GetAsync($"/api/usage?token={made["id"]}"))["totals"]!;
        Assert.Equal(((int)totals["requests"]!, (long)totals["outputTokens"]!, (decimal)totals["usd"]!), (records.Count, records.Sum(record => (long)record["outputTokens"]!), records.Sum(record => (decimal)record["usd"]!)));
        Assert.Equal(records.Select(record => (DateTimeOffset)record["time"]!).OrderDescending(), records.Select(record => (DateTimeOffset)record["time"]!));
        Assert.Equal(("openai", "chat.completions", 200), ((string)records[0]["provider"]!, (string)records[0]["endpoint"]!, (int)records[0]["status"]!));
        Assert.Empty(await Admin.AllAsync($"/api/usage/records?token={made["id"]}&provider=gemini", "records", 2));
        Assert.Empty(await Admin.AllAsync($"/api/usage/records?token={made["id"]}&to={Uri.EscapeDataString((string)records[^1]["time"]!)}", "records", 2));

        // A minter reads its own tokens' records, and no others.
        Assert.Equal(5, (await minter.AllAsync($"/api/usage/records?token={made["id"]}", "records", 50)).Count);
        Assert.Equal(HttpStatusCode.Forbidden, (await minter.SendAsync("GET", "/api/usage/records")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await minter.SendAsync("GET", "/api/usage/records.csv?token=tok_of_another")).Status);
    }

    [Fact]
    public async Task An_export_has_every_record_once_however_many_there_are_and_no_formula()
    {
        string[] models = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "say \"hi\", you"];
        // More than are read at once, many of them within one millisecond.
        await RecordAsync([.. Enumerable.Range(0, 2500).Select(i => new UsageRecord
        {
            RequestId = $"exported-{i}",
            Time = DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_000 + (i / 100)),
            TokenId = "tok_exported",
            ProjectId = "=HYPERLINK(\"http://evil\")",
            CredentialId = "cred_exported",
            Provider = "openai",
            Model = models[i % models.Length],
            Endpoint = "chat.completions",
            StatusCode = 200,
            CostMicroUsd = 1_250_000,
        })]);
        var answer = await Admin.SendAsync("GET", "/api/usage/records.csv?token=tok_exported");
        Assert.Equal((HttpStatusCode.OK, "text/csv"), (answer.Status, answer.ContentType));
        var lines = answer.Text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2501, lines.Length);
        Assert.Equal(2500, lines.Skip(1).Select(line => line.Split(',')[0]).Distinct().Count());
        Assert.StartsWith("\"exported-", lines[1], StringComparison.Ordinal);
        Assert.Contains(",\"'=HYPERLINK(\"\"http://evil\"\")\",", lines[1], StringComparison.Ordinal);
        Assert.Contains(",1.25,", lines[1], StringComparison.Ordinal);
        foreach (var shown in new[] { "\"'=cmd|' /C calc'!A0\"", "\"'+1\"", "\"'-1\"", "\"'@SUM(A1)\"", "\"'\t=1\"", "\"say \"\"hi\"\", you\"" })
        {
            Assert.Contains(shown, answer.Text, StringComparison.Ordinal);
        }
        Assert.Equal(answer.Text, (await Admin.SendAsync("GET", "/api/usage/records.csv?credential=cred_exported&from=2027-01-15")).Text);
        Assert.Equal(2500, (await Admin.AllAsync("/api/usage/records?token=tok_exported", "records", 200)).Select(record => (string)record["requestId"]!).Distinct().Count());
    }

    [Fact]
    public async Task The_prices_in_force_are_listed_with_their_source_and_date()
    {
        var page = await Admin.GetAsync("/api/prices?provider=openai&search=GPT-4O-MINI&limit=1");
        Assert.Equal("shipped", (string)page["sources"]![0]!["name"]!);
        Assert.NotEmpty((string)page["sources"]![0]!["source"]!);
        Assert.Matches("^20\\d\\d-\\d\\d-\\d\\d$", (string)page["sources"]![0]!["date"]!);
        Assert.Equal((30m, 180m), ((decimal)page["fallback"]!["input"]!, (decimal)page["fallback"]!["output"]!));
        Assert.Contains("gpt-4o-mini", page["prices"]![0]!["models"]!.ToJsonString(), StringComparison.Ordinal);
        var all = await Admin.AllAsync("/api/prices", "prices", 200);
        Assert.InRange(all.Count, 300, 100_000);
        Assert.Equal(all.Count, all.Select(Of).Distinct().Count());
        Assert.All(await Admin.AllAsync("/api/prices?provider=gemini", "prices", 7), price => Assert.Equal("gemini", (string)price["provider"]!));
    }

    /// <summary>Makes one request with a token, which is recorded.</summary>
    protected abstract Task UseAsync(JsonNode token);

    /// <summary>Records requests that nobody made.</summary>
    protected abstract Task RecordAsync(IReadOnlyList<UsageRecord> records);

    private static string Of(JsonNode price) => price.ToJsonString();
}

/// <summary>Records in the embedded store, of requests that the gateway has served.</summary>
public sealed class UsageRecordsOnSqliteTests(Product product) : UsageRecordsContract, IClassFixture<Product>, IDisposable
{
    protected override ControlCalls Admin { get; } = ControlCalls.AdminOf(product);

    public void Dispose() => Admin.Dispose();

    protected override async Task UseAsync(JsonNode token)
    {
        using var answer = await product.ChatAsync((string)token["token"]!);
    }

    protected override async Task RecordAsync(IReadOnlyList<UsageRecord> records) =>
        await product.Part<IQuotaAuthority>().SettleAsync([.. records.Select(record => new Settlement(record, [], []))], TestContext.Current.CancellationToken);
}

/// <summary>Records on Postgres.</summary>
public sealed class UsageRecordsOnPostgresTests(PostgresControlPlane control) : UsageRecordsContract, IClassFixture<PostgresControlPlane>, IDisposable
{
    protected override ControlCalls Admin { get; } = new(control.Address, PostgresControlPlane.AdminKey);

    public void Dispose() => Admin.Dispose();

    protected override Task UseAsync(JsonNode token) => RecordAsync([UsageRecords.Of(Guid.NewGuid().ToString("n")) with
    {
        TokenId = (string)token["id"]!,
        Time = TimeProvider.System.GetUtcNow(),
        StatusCode = 200,
        Usage = new TokenUsage { InputTokens = 12, OutputTokens = 34 },
        CostMicroUsd = 567,
    }]);

    protected override Task RecordAsync(IReadOnlyList<UsageRecord> records) => control.RecordAsync(records);
}
