using System.Net;
using System.Text.Json.Nodes;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Usage;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Admin;

/// <summary>Questions about usage over known records: what each filter lets through, what each grouping sums by, and what is no question.</summary>
public abstract class UsageContract
{
    /// <summary>The records, whose figures are all different.</summary>
    internal static readonly UsageRecord[] Records =
    [
        Record("a", "2027-01-31T11:00:00Z", "tok_1", "proj_1", "cred_1", "openai", "gpt-4o", 1),
        Record("b", "2027-01-31T11:59:59.999Z", "tok_1", "proj_1", "cred_1", "openai", "gpt-5", 2),
        Record("c", "2027-01-31T12:00:00Z", "tok_1", null, "cred_2", "anthropic", "claude-sonnet-4-5", 4),
        Record("d", "2027-01-31T12:30:00Z", "tok_2", "proj_1", "cred_1", "anthropic", "claude-sonnet-4-5", 3),
        Record("e", "2027-02-01T00:00:00Z", "tok_3", null, "cred_1", "openai", "gpt-4o", 16),
        Record("f", "2027-02-01T07:00:00Z", "tok_3", null, "cred_2", "gemini", "gemini-2.5-flash", 8),
    ];

    /// <summary>An admin of a control plane that has these records and no others.</summary>
    protected abstract ControlCalls Admin { get; }

    public static TheoryData<string, string> Filters => new()
    {
        { "", "abcdef" },
        { "?token=tok_1", "abc" },
        { "?token=tok_nobody", "" },
        { "?project=proj_1", "abd" },
        { "?credential=cred_2", "cf" },
        { "?provider=openai", "abe" },
        { "?model=gpt-4o", "ae" },
        { "?provider=openai&model=gpt-4o&token=tok_1", "a" },
        { "?project=proj_1&provider=openai", "ab" },
        { "?project=proj_1&provider=openai&model=claude-sonnet-4-5", "" },
        // The first moment is within, the last is not.
        { "?from=2027-01-31T12:00:00Z", "cdef" },
        { "?from=2027-01-31T12:00:00.001Z", "def" },
        { "?to=2027-01-31T12:00:00Z", "ab" },
        { "?to=2027-01-31T12:00:00.001Z", "abc" },
        { "?from=2027-01-31T12:00:00Z&to=2027-01-31T13:00:00Z", "cd" },
        { "?from=2027-01-31T12:00:00Z&to=2027-01-31T12:00:00Z", "" },
        // The same moment in another zone, and a day, which begins in UTC.
        { "?from=2027-01-31T13:00:00%2B01:00", "cdef" },
        { "?from=2027-02-01", "ef" },
        { "?from=2027-01-31&to=2027-02-01&provider=openai", "ab" },
    };

    [Theory]
    [MemberData(nameof(Filters))]
    public async Task Filters_apply_together(string query, string rows)
    {
        var answer = await Admin.GetAsync("/api/usage" + query);
        Assert.Equal(Sums(rows).ToJsonString(), answer["totals"]!.ToJsonString());
        Assert.Empty(answer["groups"]!.AsArray());
    }

    public static TheoryData<string, string, string[]> Groupings => new()
    {
        // The dearest first.
        { "token", "", ["tok_3:ef", "tok_1:abc", "tok_2:d"] },
        { "project", "", [":cef", "proj_1:abd"] },
        { "model", "", ["gpt-4o:ae", "gemini-2.5-flash:f", "claude-sonnet-4-5:cd", "gpt-5:b"] },
        { "provider", "", ["openai:abe", "gemini:f", "anthropic:cd"] },
        { "credential", "", ["cred_1:abde", "cred_2:cf"] },
        { "day", "", ["2027-02-01:ef", "2027-01-31:abcd"] },
        { "hour", "&provider=openai", ["2027-02-01T00:00Z:e", "2027-01-31T11:00Z:ab"] },
        { "model", "&token=tok_1&to=2027-01-31T12:00:00Z", ["gpt-5:b", "gpt-4o:a"] },
        { "provider", "&token=tok_nobody", [] },
    };

    [Theory]
    [MemberData(nameof(Groupings))]
    public async Task Groups_are_summed_dearest_first_and_add_up_to_the_totals(string grouping, string filter, string[] groups)
    {
        var answer = await Admin.GetAsync($"/api/usage?groupBy={grouping}{filter}");
        var expected = groups.Select(group =>
        {
            var colon = group.LastIndexOf(':');
            var sums = Sums(group[(colon + 1)..]);
            sums.Insert(0, "key", group[..colon]);
            return sums.ToJsonString();
        });
        Assert.Equal(expected, answer["groups"]!.AsArray().Select(group => group!.ToJsonString()));
        Assert.Equal(Sums(string.Concat(groups.Select(group => group[(group.LastIndexOf(':') + 1)..]))).ToJsonString(), answer["totals"]!.ToJsonString());
    }

    [Theory]
    [InlineData("groupBy=nonsense", "groupBy")]
    [InlineData("groupBy=Model", "groupBy")]
    [InlineData("groupBy=1", "groupBy")]
    [InlineData("groupBy=token,model", "groupBy")]
    [InlineData("from=yesterday", "from")]
    [InlineData("from=1767225600", "from")]
    [InlineData("to=2027-13-01T00:00:00Z", "to")]
    [InlineData("to=", "to")]
    public async Task What_is_no_question_is_told_by_field(string query, string field)
    {
        var answer = await Admin.SendAsync("GET", "/api/usage?" + query);
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_request"), (answer.Status, answer.Code));
        Assert.Equal([field], answer.Fields);
    }

    [Fact]
    public async Task Everything_that_is_wrong_is_told_at_once()
    {
        Assert.Equal(["from", "to", "groupBy"], (await Admin.SendAsync("GET", "/api/usage?from=x&to=y&groupBy=z")).Fields);
    }

    private static JsonObject Sums(string ids)
    {
        var of = Records.Where(record => ids.Contains(record.RequestId, StringComparison.Ordinal)).ToList();
        return new JsonObject
        {
            ["requests"] = of.Count,
            ["inputTokens"] = of.Sum(record => record.Usage.InputTokens),
            ["outputTokens"] = of.Sum(record => record.Usage.OutputTokens),
            ["cachedInputTokens"] = of.Sum(record => record.Usage.CachedInputTokens),
            ["cacheWriteTokens"] = of.Sum(record => record.Usage.CacheWriteTokens),
            ["reasoningTokens"] = of.Sum(record => record.Usage.ReasoningTokens),
            ["usd"] = of.Sum(record => record.CostMicroUsd) / 1_000_000m,
        };
    }

    private static UsageRecord Record(string id, string time, string token, string? project, string credential, string provider, string model, long size) => new()
    {
        RequestId = id,
        Time = DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture),
        TokenId = token,
        ProjectId = project,
        CredentialId = credential,
        Provider = provider,
        Model = model,
        Endpoint = "any",
        StatusCode = 200,
        Usage = new TokenUsage { InputTokens = 1_000 * size, CachedInputTokens = 100 * size, CacheWriteTokens = 10 * size, OutputTokens = 2_000 * size, ReasoningTokens = 7 * size },
        CostMicroUsd = 1_234_567 * size,
    };
}

/// <summary>Questions about usage in the embedded store.</summary>
public sealed class UsageOnSqliteTests(UsageOnSqliteTests.Recorded recorded) : UsageContract, IClassFixture<UsageOnSqliteTests.Recorded>, IDisposable
{
    protected override ControlCalls Admin { get; } = ControlCalls.AdminOf(recorded.Product);

    public void Dispose() => Admin.Dispose();

    /// <summary>The product with the records.</summary>
    public sealed class Recorded : IAsyncLifetime
    {
        public Product Product { get; } = new();

        public async ValueTask InitializeAsync()
        {
            await Product.InitializeAsync();
            await Product.Part<IQuotaAuthority>().SettleAsync([.. Records.Select(record => new Settlement(record, [], []))], CancellationToken.None);
        }

        public ValueTask DisposeAsync() => Product.DisposeAsync();
    }
}

/// <summary>Questions about usage on Postgres.</summary>
public sealed class UsageOnPostgresTests(UsageOnPostgresTests.Recorded recorded) : UsageContract, IClassFixture<UsageOnPostgresTests.Recorded>, IDisposable
{
    protected override ControlCalls Admin { get; } = new(recorded.Control.Address, PostgresControlPlane.AdminKey);

    public void Dispose() => Admin.Dispose();

    /// <summary>The control plane with the records.</summary>
    public sealed class Recorded : IAsyncLifetime
    {
        public PostgresControlPlane Control { get; } = new();

        public async ValueTask InitializeAsync()
        {
            await Control.InitializeAsync();
            await Control.RecordAsync(Records);
        }

        public ValueTask DisposeAsync() => Control.DisposeAsync();
    }
}
