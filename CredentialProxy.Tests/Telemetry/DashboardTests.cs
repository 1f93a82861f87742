using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CredentialProxy.Tests.Architecture;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Telemetry;

/// <summary>Dashboard, alarms and docs/telemetry.md hold what running programs really tell, and all of it.</summary>
[Collection(nameof(DistributedRun))]
public sealed partial class DashboardTests(DistributedRun run) : IAsyncLifetime
{
    public async ValueTask InitializeAsync()
    {
        // One of each kind: a request, a stream, a refusal, a failure.
        await run.SendAsync();
        await run.SendAsync(isStream: true);
        await run.SendAsync(token: await run.MintAsync(new { unit = "tokens", limit = 1, window = "lifetime" }));
        await run.SendAsync(fault: """{"status":500}""");
    }

    public ValueTask DisposeAsync() => default;

    [Theory]
    [InlineData("deploy/grafana/credential-proxy.json")]
    [InlineData("deploy/prometheus/alerts.yaml")]
    public async Task Every_metric_that_is_asked_for_is_there_when_it_is_scraped(string file)
    {
        Assert.Equal(Expression().Count(Repository.Read(file)), ExpressionsOf(file).Count());
        var asked = ExpressionsOf(file).SelectMany(MetricsOf).Distinct().ToList();
        Assert.True(asked.Count >= 8, file);
        List<string> missing = [];
        await Product.EventuallyAsync(
            async () => (missing = [.. asked.Except(Scraped(await run.ScrapeAsync()))]).Count == 0, () => $"what {file} asks for is there, but not {string.Join(", ", missing)}");
    }

    [Fact]
    public async Task Every_label_that_is_asked_for_is_there_when_it_is_scraped()
    {
        var asked = new[] { "deploy/grafana/credential-proxy.json", "deploy/prometheus/alerts.yaml" }.SelectMany(ExpressionsOf).SelectMany(expression => Label().Matches(expression)).Select(match => match.Value)
            .Where(name => name.StartsWith("gen_ai_", StringComparison.Ordinal) || name.StartsWith("credential_proxy_", StringComparison.Ordinal)).Distinct();
        var text = await run.ScrapeAsync();
        var there = ScrapedLabel().Matches(text).Select(match => match.Groups[1].Value).Concat(Scraped(text)).ToHashSet(StringComparer.Ordinal);
        Assert.Empty(asked.Except(there));
    }

    [Fact]
    public async Task Counters_come_to_what_the_records_come_to()
    {
        await Product.EventuallyAsync(
            async () =>
            {
                var totals = (await run.Admin.GetFromJsonAsync<JsonNode>("/api/usage?project=traced"))!["totals"]!;
                var text = await run.ScrapeAsync();
                return (double)totals["inputTokens"]! is > 0 and var input && input == SumOf(text, "credential_proxy_tokens_total", "credential_proxy_project_id=\"traced\"", "gen_ai_token_type=\"input\"")
                    && (double)totals["outputTokens"]! == SumOf(text, "credential_proxy_tokens_total", "credential_proxy_project_id=\"traced\"", "gen_ai_token_type=\"output\"")
                    && Math.Abs((double)totals["usd"]! - SumOf(text, "credential_proxy_cost_USD_total", "credential_proxy_project_id=\"traced\"")) < 1e-9
                    && (double)totals["requests"]! == SumOf(text, "credential_proxy_upstream_requests_total", "");
            },
            "tokens, dollars and calls are those of the records");
    }

    [Fact]
    public async Task What_frameworks_measure_at_every_request_is_left_out_and_what_they_say_of_connections_is_not()
    {
        var there = Scraped(await run.ScrapeAsync());
        Assert.Contains("kestrel_active_connections", there);
        Assert.Contains("http_client_request_time_in_queue_seconds_count", there);
        string[] leftOut = ["http_server_active", "kestrel_queued_requests", "http_client_active", "http_client_open", "http_client_request_duration", "aspnetcore_memory_pool_pooled", "aspnetcore_memory_pool_rented"];
        Assert.DoesNotContain(there, name => leftOut.Any(start => name.StartsWith(start, StringComparison.Ordinal)));
        // Whoever scrapes and looks whether it is alive says GET.
        Assert.Contains("http_request_method=\"POST\"", DurationsOf(await run.Client.GetStringAsync(run.Scraped[0])), StringComparison.Ordinal);
        Assert.DoesNotContain("http_request_method=\"POST\"", DurationsOf(await run.Client.GetStringAsync(run.Scraped[1])), StringComparison.Ordinal);

        static string DurationsOf(string text) => string.Join('\n', text.Split('\n').Where(line => line.StartsWith("http_server_request_duration_seconds_count", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task The_document_has_every_metric_and_no_other()
    {
        var documented = Row().Matches(Section("## Metrics", "Every label has few values")).Select(match => match.Groups[1].Value).ToHashSet(StringComparer.Ordinal);
        var exported = new HashSet<string>();
        await Product.EventuallyAsync(
            () =>
            {
                exported = [.. run.Collector.Metrics.Select(metric => metric.Name).Where(IsOurs)];
                return Task.FromResult(exported.IsSupersetOf(documented));
            },
            () => "all that is documented comes, but: " + string.Join(", ", documented.Except(exported)));
        Assert.Empty(exported.Except(documented));
    }

    [Fact]
    public async Task The_document_has_every_label_and_every_attribute()
    {
        await Product.EventuallyAsync(() => Task.FromResult(run.Collector.Metrics.Any(metric => metric.Name == "credential_proxy.limit.remaining" && metric.Points.Count > 0) && run.Collector.Spans.Any(span => span.Name == "record")), "all came");
        var labels = Row().Matches(Section("Every label has few values", "## Health")).Select(match => match.Groups[1].Value).ToHashSet(StringComparer.Ordinal);
        Assert.Empty(run.Collector.Metrics.Where(metric => IsOurs(metric.Name)).SelectMany(metric => metric.Points).SelectMany(point => point.Keys).Distinct().Except(labels).Except(["otel.metric.overflow"]));
        var attributes = Row().Matches(Section("| attribute |", "## Metrics")).Select(match => match.Groups[1].Value).ToHashSet(StringComparer.Ordinal);
        var ours = run.Collector.Spans.Where(span => span.Source.StartsWith("CredentialProxy.", StringComparison.Ordinal)).SelectMany(span => span.Attributes.Keys)
            .Concat(run.Collector.Spans.SelectMany(span => span.Attributes.Keys).Where(IsOurs)).ToHashSet(StringComparer.Ordinal);
        Assert.Empty(ours.Except(attributes));
        Assert.Empty(attributes.Where(IsOurs).Except(ours));
    }

    private static bool IsOurs(string name) => name.StartsWith("credential_proxy.", StringComparison.Ordinal) || name.StartsWith("gen_ai.", StringComparison.Ordinal);

    private static string Section(string from, string to)
    {
        var text = Repository.Read("docs/telemetry.md");
        var start = text.IndexOf(from, StringComparison.Ordinal);
        return text[start..text.IndexOf(to, start, StringComparison.Ordinal)];
    }

    private static IEnumerable<string> ExpressionsOf(string file) => file.EndsWith(".json", StringComparison.Ordinal)
        ? JsonNode.Parse(Repository.Read(file))!["panels"]!.AsArray().SelectMany(panel => panel!["targets"]?.AsArray() ?? []).Select(target => (string)target!["expr"]!)
        : AlertExpression().Matches(Repository.Read(file)).Select(match => match.Groups[1].Value);

    // What is left of an expression without its selectors, its labels and its functions.
    private static IEnumerable<string> MetricsOf(string expression) =>
        Label().Matches(Selector().Replace(Grouping().Replace(expression, " "), " ")).Select(match => match.Value).Where(name => name.Contains('_', StringComparison.Ordinal) && name != "histogram_quantile");

    private static HashSet<string> Scraped(string text) => [.. SampleName().Matches(text).Select(match => match.Groups[1].Value)];

    private static double SumOf(string text, string metric, params string[] labels) => text.Split('\n')
        .Where(line => line.StartsWith(metric + "{", StringComparison.Ordinal) && labels.All(label => line.Contains(label, StringComparison.Ordinal)))
        // A sample may end in its time, in milliseconds.
        .Sum(line => double.Parse(line[(line.LastIndexOf('}') + 1)..].Trim().Split(' ')[0], CultureInfo.InvariantCulture));

    [GeneratedRegex(@"^\| `([a-z0-9_.]+)`", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"expr: (?:\|\n)?((?:.*\n(?:          )?)+?)(?=        (?:for|labels):)")]
    private static partial Regex AlertExpression();

    [GeneratedRegex("\\bexpr\"?: ")]
    private static partial Regex Expression();

    [GeneratedRegex(@"\b(?:by|without|on|ignoring) ?\([^)]*\)")]
    private static partial Regex Grouping();

    [GeneratedRegex(@"\{[^}]*\}|\[[^\]]*\]")]
    private static partial Regex Selector();

    [GeneratedRegex(@"[a-zA-Z_][a-zA-Z0-9_]*")]
    private static partial Regex Label();

    [GeneratedRegex(@"^([a-zA-Z_][a-zA-Z0-9_]*)(?:\{| )", RegexOptions.Multiline)]
    private static partial Regex SampleName();

    [GeneratedRegex("[{,]([a-zA-Z_][a-zA-Z0-9_]*)=\"")]
    private static partial Regex ScrapedLabel();
}
