using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using CredentialProxy.MockProvider;
using Microsoft.AspNetCore.Builder;

namespace CredentialProxy.Tests.MockProvider;

/// <summary>What tests and scripts rely on when they look into the mock provider, or have it fail.</summary>
public sealed class ControlApiTests(ControlApiTests.Mock mock) : IClassFixture<ControlApiTests.Mock>
{
    private readonly HttpClient _client = mock.Client;

    [Fact]
    public async Task A_request_is_captured_as_it_came()
    {
        await ForgetAsync();
        var before = TimeProvider.System.GetUtcNow();
        using (var answer = await ChatAsync("sk-one", query: "?a=1&b=2"))
        {
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
        var seen = Assert.Single((await _client.GetFromJsonAsync<JsonArray>("/__captured"))!)!;
        Assert.Equal(("POST", "/v1/chat/completions", "?a=1&b=2"), ((string)seen["method"]!, (string)seen["path"]!, (string)seen["query"]!));
        Assert.Equal("Bearer sk-one", (string)seen["headers"]!["authorization"]!);
        Assert.Equal(Body("gpt-4o-mini").ToJsonString().Length, (int)seen["bodySize"]!);
        Assert.InRange(DateTimeOffset.Parse((string)seen["time"]!, System.Globalization.CultureInfo.InvariantCulture), before.AddSeconds(-1), TimeProvider.System.GetUtcNow().AddSeconds(1));
        Assert.Null(seen["body"]);
        Assert.Equal(Body("gpt-4o-mini").ToJsonString(), (string)(await _client.GetFromJsonAsync<JsonArray>("/__captured?bodies=true"))![0]!["body"]!);

        using var forgotten = await _client.DeleteAsync("/__captured");
        Assert.Equal(HttpStatusCode.NoContent, forgotten.StatusCode);
        Assert.Empty((await _client.GetFromJsonAsync<JsonArray>("/__captured"))!);
    }

    [Fact]
    public async Task Usage_is_told_by_key_and_model()
    {
        await ForgetAsync();
        foreach (var (key, model) in new[] { ("sk-one", "gpt-4o-mini"), ("sk-one", "gpt-4o-mini"), ("sk-one", "gpt-4o"), ("sk-two", "gpt-4o-mini") })
        {
            using var answer = await ChatAsync(key, model);
        }
        var usage = (await _client.GetFromJsonAsync<JsonArray>("/__usage"))!;
        Assert.Equal(
            [("sk-one", "gpt-4o", 1, 7), ("sk-one", "gpt-4o-mini", 2, 14), ("sk-two", "gpt-4o-mini", 1, 7)],
            usage.Select(entry => ((string)entry!["key"]!, (string)entry["model"]!, (int)entry["requests"]!, (int)entry["output"]!)).Order());
        Assert.All(usage, entry => Assert.True((int)entry!["input"]! > 0));
    }

    [Fact]
    public async Task A_fault_is_for_the_next_requests_that_match_and_for_so_many()
    {
        await ForgetAsync();
        await PutAsync("""[{"times":2,"match":{"path":"/v1/chat/*","method":"POST"},"fault":{"status":503}},{"match":{"path":"/v1/models"},"fault":{"status":418}}]""", HttpStatusCode.NoContent);
        Assert.Equal(2, (await _client.GetFromJsonAsync<JsonArray>("/__faults"))!.Count);
        foreach (var status in new[] { 503, 503, 200 })
        {
            Assert.Equal(status, await StatusAsync());
        }
        using var models = new HttpRequestMessage(HttpMethod.Get, "/v1/models") { Headers = { { "Authorization", "Bearer sk-one" } } };
        using var failed = await _client.SendAsync(models);
        Assert.Equal(418, (int)failed.StatusCode);
        Assert.Empty((await _client.GetFromJsonAsync<JsonArray>("/__faults"))!);
    }

    [Fact]
    public async Task Faults_can_be_taken_back_and_a_request_may_bring_its_own()
    {
        await ForgetAsync();
        await PutAsync("""{"times":9,"fault":{"status":500}}""", HttpStatusCode.NoContent);
        Assert.Equal(429, await StatusAsync("status=429"));
        using (await _client.DeleteAsync("/__faults"))
        {
        }
        Assert.Equal(200, await StatusAsync());
    }

    [Theory]
    [InlineData("""{"fault":{"statuss":500}}""")]
    [InlineData("""{"times":0,"fault":{"status":500}}""")]
    [InlineData("""{"times":1}""")]
    [InlineData("nonsense")]
    public async Task A_fault_that_is_none_is_refused(string fault) => await PutAsync(fault, HttpStatusCode.BadRequest);

    private static JsonObject Body(string model) => new() { ["model"] = model, ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "Hello [[tokens:7]]" }) };

    private async Task<HttpResponseMessage> ChatAsync(string key, string model = "gpt-4o-mini", string query = "", string? fault = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions" + query) { Content = JsonContent.Create(Body(model)) };
        request.Headers.Add("Authorization", "Bearer " + key);
        if (fault is not null)
        {
            request.Headers.Add("x-mock-fault", fault);
        }
        return await _client.SendAsync(request);
    }

    private async Task<int> StatusAsync(string? fault = null)
    {
        using var answer = await ChatAsync("sk-one", fault: fault);
        return (int)answer.StatusCode;
    }

    private async Task PutAsync(string fault, HttpStatusCode status)
    {
        using var content = new StringContent(fault, System.Text.Encoding.UTF8, "application/json");
        using var answer = await _client.PutAsync("/__faults", content);
        Assert.Equal(status, answer.StatusCode);
    }

    private async Task ForgetAsync()
    {
        foreach (var path in new[] { "/__captured", "/__usage", "/__faults" })
        {
            using var answer = await _client.DeleteAsync(path);
        }
    }

    /// <summary>A mock of its own.</summary>
    public sealed class Mock : IAsyncLifetime
    {
        private readonly WebApplication _app = MockProviderApp.Create(new MockProviderOptions { Port = 0 });

        public HttpClient Client { get; } = new(new SocketsHttpHandler { UseProxy = false });

        public async ValueTask InitializeAsync()
        {
            await _app.StartAsync();
            Client.BaseAddress = new Uri(_app.Urls.First());
        }

        public async ValueTask DisposeAsync()
        {
            Client.Dispose();
            await _app.DisposeAsync();
        }
    }
}
