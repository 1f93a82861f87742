using System.Net;
using System.Text.Json.Nodes;
using CredentialProxy.Core.Storage;
using CredentialProxy.Standalone;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Admin;

/// <summary>Questions about usage over known records: what each filter lets through, what each grouping sums by, and what is no question.</summary>
public sealed class UsageTests(UsageTests.Recorded recorded) : IClassFixture<UsageTests.Recorded>
{
    private readonly Product _product = recorded.Product;

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
        var answer = await _product.UsageAsync(query);
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
        var answer = await _product.UsageAsync($"?groupBy={grouping}{filter}");
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
        using var answer = await _product.Admin.GetAsync("/api/usage?" + query);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var problem = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        Assert.Equal("invalid_request", (string)problem["code"]!);
        Assert.Equal([field], problem["errors"]!.AsObject().Select(error => error.Key));
    }

    [Fact]
    public async Task Everything_that_is_wrong_is_told_at_once()
    {
        using var answer = await _product.Admin.GetAsync("/api/usage?from=x&to=y&groupBy=z");
        Assert.Equal(["from", "to", "groupBy"], JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["errors"]!.AsObject().Select(error => error.Key));
    }

    private static JsonObject Sums(string rows)
    {
        var of = Recorded.Rows.Where(row => rows.Contains(row.RequestId, StringComparison.Ordinal)).ToList();
        return new JsonObject
        {
            ["requests"] = of.Count,
            ["inputTokens"] = of.Sum(row => row.InputTokens),
            ["outputTokens"] = of.Sum(row => row.OutputTokens),
            ["cachedInputTokens"] = of.Sum(row => row.CachedInputTokens),
            ["cacheWriteTokens"] = of.Sum(row => row.CacheWriteTokens),
            ["reasoningTokens"] = of.Sum(row => row.ReasoningTokens),
            ["usd"] = of.Sum(row => row.CostMicroUsd) / 1_000_000m,
        };
    }

    /// <summary>The product with these records, whose figures are all different.</summary>
    public sealed class Recorded : IAsyncLifetime
    {
        internal static readonly UsageRow[] Rows =
        [
            Row("a", "2027-01-31T11:00:00Z", "tok_1", "proj_1", "cred_1", "openai", "gpt-4o", 1),
            Row("b", "2027-01-31T11:59:59.999Z", "tok_1", "proj_1", "cred_1", "openai", "gpt-5", 2),
            Row("c", "2027-01-31T12:00:00Z", "tok_1", null, "cred_2", "anthropic", "claude-sonnet-4-5", 4),
            Row("d", "2027-01-31T12:30:00Z", "tok_2", "proj_1", "cred_1", "anthropic", "claude-sonnet-4-5", 3),
            Row("e", "2027-02-01T00:00:00Z", "tok_3", null, "cred_1", "openai", "gpt-4o", 16),
            Row("f", "2027-02-01T07:00:00Z", "tok_3", null, "cred_2", "gemini", "gemini-2.5-flash", 8),
        ];

        public Product Product { get; } = new();

        public async ValueTask InitializeAsync()
        {
            await Product.InitializeAsync();
            await using var context = new StorageFactory(Path.Combine(Product.DataDirectory, "credential-proxy.db")).CreateDbContext();
            context.Usage.AddRange(Rows);
            await context.SaveChangesAsync();
        }

        public ValueTask DisposeAsync() => Product.DisposeAsync();

        private static UsageRow Row(string id, string time, string token, string? project, string credential, string provider, string model, long size) => new()
        {
            RequestId = id,
            TimeMs = DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeMilliseconds(),
            TokenId = token,
            ProjectId = project,
            CredentialId = credential,
            Provider = provider,
            Model = model,
            Endpoint = "any",
            StatusCode = 200,
            InputTokens = 1_000 * size,
            CachedInputTokens = 100 * size,
            CacheWriteTokens = 10 * size,
            OutputTokens = 2_000 * size,
            ReasoningTokens = 7 * size,
            CostMicroUsd = 1_234_567 * size,
        };
    }
}
