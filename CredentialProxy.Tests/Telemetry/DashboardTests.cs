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
