using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Telemetry;

/// <summary>Where clients' traces are linked to and not continued.</summary>
public sealed class LinkedTraceTests(LinkedTraceTests.Run run) : IClassFixture<LinkedTraceTests.Run>
{
    [Fact]
    public async Task A_trace_of_our_own_begins_and_links_to_the_clients()
    {
        var sent = await run.SendAsync();
        var link = $"{sent.TraceId}-{sent.SpanId}";
        await Product.EventuallyAsync(() => Task.FromResult(run.Collector.Spans.Any(span => span.Links.Contains(link))), "it links");
        var server = Assert.Single(run.Collector.Spans, span => span.Links.Contains(link));
        Assert.Equal(("", ExportedSpan.Server), (server.ParentId, server.Kind));
        Assert.NotEqual(sent.TraceId, server.TraceId);
        Assert.Contains("reserve", (await run.SpansAsync(server.TraceId, "settle")).Select(span => span.Name));
        await run.RecordAsync(server.TraceId);
        Assert.DoesNotContain(run.Collector.Spans, span => span.TraceId == sent.TraceId);
    }

    /// <summary>The product, told so.</summary>
    public sealed class Run : StandaloneRun
    {
        protected override (string, string)[] Further => [("Telemetry__ClientTraceContext", "Link")];
    }
}
