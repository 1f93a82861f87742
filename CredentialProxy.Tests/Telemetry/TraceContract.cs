using System.Globalization;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Telemetry;

/// <summary>What a collector gets of a request, in whatever shape the product runs.</summary>
public abstract class TraceContract(TracedRun run)
{
    private const string Call = "chat gpt-4o-mini";

    /// <summary>What keeps usage for good.</summary>
    protected abstract string Store { get; }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_request_is_one_trace_from_its_client_to_its_usage_record(bool isStream)
    {
        var sent = await run.SendAsync(isStream);
        Assert.Equal(200, sent.Status);
        var spans = await run.SpansAsync(sent.TraceId, "POST /v1/chat/completions");

        var server = Assert.Single(spans, span => span.Kind == ExportedSpan.Server);
        Assert.Equal((sent.SpanId, "POST /v1/chat/completions"), (server.ParentId, server.Name));
        Assert.Equal(("/v1/chat/completions", "chat.completions", "traced", "200"), (server.Attributes["http.route"], server.Attributes["credential_proxy.endpoint"], server.Attributes["credential_proxy.project.id"], server.Attributes["http.response.status_code"]));
        Assert.DoesNotContain("url.query", server.Attributes.Keys);
        // Each once, and none that nobody knows of.
        Assert.Equal(["authenticate", "authorize", Call, "inspect", "reserve", "settle", "swap"], spans.Where(span => span != server).Select(span => span.Name).Order(StringComparer.Ordinal));
        Assert.All(spans.Where(span => span != server), span => Assert.Equal((server.Id, false), (span.ParentId, span.IsError)));
        string[] order = ["authenticate", "authorize", "inspect", "reserve", "swap", Call, "settle"];
        Assert.Equal(order, spans.Where(span => span != server).OrderBy(span => span.Start).Select(span => span.Name));
        Assert.All(spans, span => Assert.InRange(span.Start, server.Start, server.End));

        AssertCall(Assert.Single(spans, span => span.Kind == ExportedSpan.Client), isStream);
        var record = await run.RecordAsync(sent.TraceId);
        Assert.Equal(server.Attributes["credential_proxy.request.id"], (string?)record["requestId"]);
        var settle = spans.Single(span => span.Name == "settle");
        Assert.Equal((double)record["usd"]!, double.Parse(settle.Attributes["credential_proxy.cost.usd"], CultureInfo.InvariantCulture), 9);
        await AssertRecordedAsync(settle);
        Assert.Contains($"\"{sent.TraceId}\"", await run.Admin.GetStringAsync("/api/usage/records.csv?project=traced", TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_request_says_why_and_where()
    {
        var poor = await run.MintAsync(new { unit = "tokens", limit = 1, window = "lifetime" });
        var sent = await run.SendAsync(token: poor);
        Assert.Equal(429, sent.Status);
        var spans = await run.SpansAsync(sent.TraceId, "POST /v1/chat/completions");
        Assert.Equal("budget_exceeded", spans.Single(span => span.Kind == ExportedSpan.Server).Attributes["credential_proxy.refusal"]);
        var reserve = spans.Single(span => span.Name == "reserve");
        Assert.Equal((true, "budget_exceeded"), (reserve.IsError, reserve.Attributes["error.type"]));
        // Nothing was called, and nothing settled.
        Assert.Equal(["authenticate", "authorize", "inspect", "reserve"], spans.Where(span => span.Kind != ExportedSpan.Server).Select(span => span.Name).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("""{"status":500}""", 500, "500")]
    [InlineData("""{"reset":true}""", 502, "upstream_unavailable")]
    public async Task A_call_that_fails_says_how(string fault, int status, string error)
    {
        var sent = await run.SendAsync(fault: fault);
        Assert.Equal(status, sent.Status);
        var call = (await run.SpansAsync(sent.TraceId, "POST /v1/chat/completions")).Single(span => span.Name == Call);
        Assert.Equal((true, error), (call.IsError, call.Attributes["error.type"]));
    }

    [Fact]
    [Trait("threat", "key-5")]
    public async Task A_provider_is_told_of_no_trace_unless_a_setting_says_so()
    {
        string[] headers = ["traceparent", "tracestate", "baggage"];
        await run.SendAsync();
        var untold = await run.LastCapturedAsync();
        Assert.Empty(untold.Select(header => header.Key).Intersect(headers, StringComparer.OrdinalIgnoreCase));

        var sent = await run.SendAsync(provider: "anthropic");
        var told = await run.LastCapturedAsync();
        Assert.Equal(["traceparent"], told.Select(header => header.Key).Intersect(headers, StringComparer.OrdinalIgnoreCase));
        var call = (await run.SpansAsync(sent.TraceId, "POST /v1/messages")).Single(span => span.Kind == ExportedSpan.Client);
        Assert.Equal($"00-{sent.TraceId}-{call.Id}-01", (string?)told["traceparent"]);
        Assert.Equal("anthropic", call.Attributes["gen_ai.provider.name"]);
    }

    [Fact]
    [Trait("threat", "key-5")]
    public async Task Nothing_secret_and_nothing_that_was_said_is_exported()
    {
        var sent = await run.SendAsync(isStream: true);
        Assert.Contains("fox", sent.Body, StringComparison.Ordinal);
        await run.SendAsync(fault: """{"status":500}""");
        await run.SpansAsync(sent.TraceId, "settle");
        await Product.EventuallyAsync(() => Task.FromResult(run.Collector.Received("metrics").Contains("credential_proxy.tokens", StringComparison.Ordinal)), "metrics came");
        await Product.EventuallyAsync(() => Task.FromResult(run.Collector.Received("logs").Contains("CredentialProxy.", StringComparison.Ordinal)), "logs came");
        foreach (var signal in new[] { "traces", "metrics", "logs" })
        {
            Assert.Empty(run.Secrets.FindIn(run.Collector.Received(signal)));
        }
        Assert.Empty(run.Secrets.FindIn(await run.ScrapeAsync()));
    }

    [Fact]
    public async Task Metrics_are_served_on_their_own_port_alone()
    {
        using var atGateway = await run.Client.GetAsync(new Uri(run.Gateway, "/metrics"), TestContext.Current.CancellationToken);
        Assert.Equal(401, (int)atGateway.StatusCode);
        using var atControl = await run.Admin.GetAsync("/metrics", TestContext.Current.CancellationToken);
        Assert.Equal(404, (int)atControl.StatusCode);
        Assert.All(run.Scraped, address => Assert.True(address.IsLoopback));
        Assert.Equal(200, await run.StatusAsync(run.Scraped[0]));
        Assert.NotEqual(200, await run.StatusAsync(new Uri(run.Scraped[0], "/api/tokens")));
    }

    private static void AssertCall(ExportedSpan call, bool isStream)
    {
        Assert.Equal("CredentialProxy.Gateway", call.Source);
        Assert.Equal(
            ("chat", "openai", "gpt-4o-mini", isStream ? "true" : "false", "127.0.0.1", "200"),
            (call.Attributes["gen_ai.operation.name"], call.Attributes["gen_ai.provider.name"], call.Attributes["gen_ai.request.model"], call.Attributes["gen_ai.request.stream"], call.Attributes["server.address"], call.Attributes["http.response.status_code"]));
        Assert.StartsWith("gpt-4o-mini", call.Attributes["gen_ai.response.model"], StringComparison.Ordinal);
        Assert.True(long.Parse(call.Attributes["gen_ai.usage.input_tokens"], CultureInfo.InvariantCulture) > 0);
        Assert.True(long.Parse(call.Attributes["gen_ai.usage.output_tokens"], CultureInfo.InvariantCulture) > 0);
        Assert.Equal(isStream, call.Attributes.ContainsKey("gen_ai.response.time_to_first_chunk"));
        Assert.DoesNotContain("error.type", call.Attributes.Keys);
    }

    private async Task AssertRecordedAsync(ExportedSpan settle)
    {
        var link = $"{settle.TraceId}-{settle.Id}";
        await Product.EventuallyAsync(() => Task.FromResult(run.Collector.Spans.Any(span => span.Links.Contains(link))), "its recording is told of");
        var record = Assert.Single(run.Collector.Spans, span => span.Links.Contains(link));
        Assert.Equal(("record", "CredentialProxy.Usage", "", Store), (record.Name, record.Source, record.ParentId, record.Attributes["db.system.name"]));
        Assert.NotEqual(settle.TraceId, record.TraceId);
    }
}
