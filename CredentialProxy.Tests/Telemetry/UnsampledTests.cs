using System.Net.Http.Json;
using System.Text.Json.Nodes;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Telemetry;

/// <summary>Where nothing is sampled, by the standard variable.</summary>
public sealed class UnsampledTests(UnsampledTests.Run run) : IClassFixture<UnsampledTests.Run>
{
    [Fact]
    public async Task Nothing_is_traced_whatever_a_client_says_and_everything_is_measured()
    {
        var sent = await run.SendAsync();
        Assert.Equal(200, sent.Status);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(run.Gateway, "/openai/v1/chat/completions")) { Content = JsonContent.Create(ProviderCall.Of("openai").Body("Hello", 64, false)) };
        request.Headers.Add("Authorization", "Bearer " + run.Token);
        request.Headers.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        using (var answer = await run.Client.SendAsync(request, TestContext.Current.CancellationToken))
        {
            Assert.Equal(200, (int)answer.StatusCode);
        }
        JsonArray records = [];
        await Product.EventuallyAsync(async () => (records = (await run.Admin.GetFromJsonAsync<JsonNode>("/api/usage/records?project=traced"))!["records"]!.AsArray()).Count == 2, "both are kept");
        Assert.All(records, record => Assert.Null(record!["traceId"]));
        // Two exports of metrics later nothing of a trace has come.
        await Product.EventuallyAsync(() => Task.FromResult(run.Collector.Metrics.Count(metric => metric.Name == "credential_proxy.cost") >= 2), "metrics come");
        Assert.Empty(run.Collector.Spans);
    }

    /// <summary>The product, told so.</summary>
    public sealed class Run : StandaloneRun
    {
        protected override (string, string)[] Further => [("OTEL_TRACES_SAMPLER", "always_off")];
    }
}
