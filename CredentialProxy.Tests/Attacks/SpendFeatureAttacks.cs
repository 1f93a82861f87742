using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Attacks;

/// <summary>An agent with a budget that asks for what no meter sees, over the running product.</summary>
public sealed class SpendFeatureAttacks(Product product) : IClassFixture<Product>
{
    public static TheoryData<string, string, string, string> Unmetered => new()
    {
        { "/openai/v1/chat/completions", """{"model":"gpt-4o","messages":[],"web_search_options":{}}""", "unmetered_feature", "web_search_options" },
        { "/openai/v1/responses", """{"model":"gpt-5","input":"x","background":true}""", "unmetered_feature", "background" },
        { "/openai/v1/responses", """{"model":"gpt-5","input":"x","tools":[{"type":"code_interpreter","container":{"type":"auto"}}]}""", "unmetered_feature", "tools" },
        { "/openai/v1/responses", """{"model":"gpt-5","input":"x","tools":[{"type":"mcp","server_url":"https://evil.example"}]}""", "feature_not_allowed", "tools" },
        { "/openai/v1/responses", """{"model":"gpt-5","input":[{"type":"additional_tools","tools":[{"type":"image_generation"}]}]}""", "unmetered_feature", "tools" },
        { "/openai/v1/responses", """{"input":"x","prompt":{"id":"pmpt_1"}}""", "unmetered_feature", "prompt" },
        { "/anthropic/v1/messages", """{"model":"claude-opus-5","max_tokens":9,"messages":[],"tools":[{"type":"web_search_20250305","name":"web_search"}]}""", "unmetered_feature", "tools" },
        { "/anthropic/v1/messages", """{"model":"claude-opus-5","max_tokens":9,"messages":[],"speed":"warp"}""", "unmetered_feature", "speed" },
        { "/anthropic/v1/messages", """{"model":"claude-opus-5","max_tokens":9,"messages":[],"mcp_servers":[{"type":"url","url":"https://evil.example","name":"x"}]}""", "feature_not_allowed", "mcp_servers" },
        { "/gemini/v1beta/models/gemini-2.5-pro:generateContent", """{"contents":[],"tools":[{"googleSearch":{}}]}""", "unmetered_feature", "tools" },
        { "/gemini/v1beta/models/gemini-2.5-pro:generateContent", """{"contents":[],"tools":{"urlContext":{}}}""", "feature_not_allowed", "tools" },
        { "/gemini/v1beta/models/gemini-2.5-flash:generateContent", """{"contents":[],"generationConfig":{"responseModalities":["IMAGE"]}}""", "unmetered_feature", "modalities" },
        { "/openrouter/v1/chat/completions", """{"model":"openrouter/auto","messages":[]}""", "unmetered_feature", "model" },
        { "/openrouter/v1/chat/completions", """{"model":"openai/gpt-4o:online","messages":[]}""", "unmetered_feature", "model" },
        { "/openrouter/v1/responses", """{"model":"openai/gpt-4o","input":"x","plugins":[{"id":"web"}]}""", "unmetered_feature", "plugins" },
        { "/openrouter/v1/messages", """{"model":"anthropic/claude-opus-5","max_tokens":9,"messages":[],"models":["a","b"]}""", "unmetered_feature", "models" },
    };

    [Theory]
    [Trait("threat", "spend-6")]
    [Trait("threat", "spend-7")]
    [Trait("threat", "spend-8")]
    [MemberData(nameof(Unmetered))]
    public async Task A_token_with_a_budget_is_refused_and_told_by_name(string path, string body, string code, string field)
    {
        await product.ForgetAsync();
        foreach (var limit in new object[] { new { unit = "usd", limit = 1000 }, new { unit = "tokens", limit = 1_000_000_000L } })
        {
            using var answer = await PostAsync(await product.MintAsync(limit), path, body);
            var text = await answer.Content.ReadAsStringAsync();
            Assert.Equal((HttpStatusCode.Forbidden, code), (answer.StatusCode, answer.Headers.GetValues("x-credential-proxy-error").Single()));
            Assert.Equal("false", answer.Headers.GetValues("x-should-retry").Single());
            Assert.Contains($"'{field}'", JsonNode.Parse(text)!["error"]!["message"]!.ToString(), StringComparison.Ordinal);
            if (path.StartsWith("/openai", StringComparison.Ordinal))
            {
                Assert.Equal(field, (string?)JsonNode.Parse(text)!["error"]!["param"]);
            }
        }
        Assert.Empty(await product.CapturedAsync());
        await product.NothingIsHeldAsync();
    }

    [Fact]
    [Trait("threat", "spend-6")]
    public async Task A_project_s_budget_and_a_credential_s_hold_as_a_token_s_own()
    {
        const string Body = """{"model":"gpt-5","input":"x","tools":[{"type":"web_search"}]}""";
        var project = await CreateAsync("/api/projects", """{"name":"features","limits":[{"unit":"usd","limit":5}]}""");
        var inProject = (string)(await product.CreateTokenAsync(new { kind = "proxy", project = (string)project["id"]! }))["token"]!;
        await AssertRefusedAsync(inProject, Body, "unmetered_feature");

        // A product of its own, where the only credential that the token may use has a budget.
        await using var other = await Product.StartAsync(("Providers:acme:BaseUrl", product.Mock.ToString().TrimEnd('/')), ("Providers:acme:Endpoints:0", "POST /v1/responses"), ("Providers:acme:Dialect", "openai-responses"));
        using var made = await other.Admin.PostAsync("/api/credentials", Json("""{"provider":"acme","label":"limited","secret":"sk-limited","limits":[{"unit":"usd","limit":1000}]}"""));
        Assert.True(made.IsSuccessStatusCode, await made.Content.ReadAsStringAsync());
        var unlimited = await other.MintAsync();
        using var refused = await PostAsync(unlimited, "/acme/v1/responses", Body, other);
        Assert.Equal("unmetered_feature", refused.Headers.GetValues("x-credential-proxy-error").Single());
        using var held = await PostAsync(unlimited, "/acme/v1/responses", """{"model":"gpt-5","service_tier":"priority","input":"x"}""", other);
        Assert.Equal(HttpStatusCode.OK, held.StatusCode);
        Assert.Equal("""{"model":"gpt-5","service_tier":"default","input":"x"}""", await SentAsync());
    }

    [Theory]
    [Trait("threat", "spend-5")]
    [InlineData("/openai/v1/chat/completions", """{"model":"gpt-4o","messages":[{"role":"user","content":"x"}],"service_tier":"fast"}""", """{"model":"gpt-4o","messages":[{"role":"user","content":"x"}],"service_tier":"default"}""")]
    [InlineData("/openai/v1/responses", """{"model":"gpt-5","input":"x"}""", """{"service_tier":"default","model":"gpt-5","input":"x"}""")]
    [InlineData("/anthropic/v1/messages", """{"model":"claude-opus-5","max_tokens":9,"messages":[{"role":"user","content":"x"}]}""", """{"service_tier":"standard_only","model":"claude-opus-5","max_tokens":9,"messages":[{"role":"user","content":"x"}]}""")]
    [InlineData("/gemini/v1beta/models/gemini-2.5-pro:generateContent", """{"serviceTier":"priority","contents":[{"parts":[{"text":"x"}]}]}""", """{"serviceTier":"standard","contents":[{"parts":[{"text":"x"}]}]}""")]
    [InlineData("/openrouter/v1/chat/completions", """{"model":"openai/gpt-4o","provider":{"sort":"throughput"},"messages":[{"role":"user","content":"x"}]}""", """{"model":"openai/gpt-4o","provider":{"max_price":{"prompt":5,"completion":20},"sort":"throughput"},"messages":[{"role":"user","content":"x"}]}""")]
    public async Task A_budget_holds_the_body_to_standard_prices_and_nobody_else_s(string path, string body, string held)
    {
        await product.ForgetAsync();
        using var limited = await PostAsync(await product.MintAsync(new { unit = "usd", limit = 1000 }), path, body);
        Assert.Equal((HttpStatusCode.OK, held), (limited.StatusCode, await SentAsync()));
        await product.ForgetAsync();
        using var unlimited = await PostAsync(await product.MintAsync(), path, body);
        Assert.Equal((HttpStatusCode.OK, body), (unlimited.StatusCode, await SentAsync()));
    }

    [Theory]
    [Trait("threat", "spend-5")]
    [Trait("threat", "spend-6")]
    [InlineData("/openai/v1/responses", """{"model":"gpt-5","input":"x","tools":[{"type":"web_search"}]}""", """{"service_tier":"priority","output":[{"type":"web_search_call"}],"usage":{"input_tokens":40,"output_tokens":100}}""", 0.012625)]
    [InlineData("/anthropic/v1/messages", """{"model":"claude-opus-4-6","max_tokens":100,"messages":[],"speed":"fast"}""", """{"usage":{"input_tokens":0,"output_tokens":100,"speed":"fast","inference_geo":"us"}}""", 0.0165)]
    public async Task What_was_served_and_called_is_in_the_cost(string path, string body, string answer, decimal usd)
    {
        var token = await product.CreateTokenAsync(new { kind = "proxy" });
        using var posted = await PostAsync((string)token["token"]!, path, body, fault: new JsonObject { ["answer"] = answer });
        Assert.Equal(HttpStatusCode.OK, posted.StatusCode);
        Assert.Equal(usd, (decimal)(await product.UsageAsync($"?token={token["id"]}"))["totals"]!["usd"]!);
    }

    [Theory]
    [Trait("threat", "spend-3")]
    [Trait("threat", "spend-14")]
    [InlineData("data: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}\n\ndata: [DONE]\n\n", true)]
    [InlineData("data: \u00ff\u00fe\n\n", true)]
    [InlineData("data: {\"choices\":[{\"delta\":{\"content\":\"Hello there\"}}]}\n\ndata: [DONE]\n\n", false)]
    public async Task A_stream_that_ends_without_a_figure_or_a_word_costs_what_was_held(string stream, bool isHeld)
    {
        var token = await product.CreateTokenAsync(new { kind = "proxy", limits = new[] { new { unit = "tokens", limit = 1_000_000 } } });
        const string Body = """{"model":"gpt-4o","messages":[{"role":"user","content":"x"}],"max_tokens":5000,"stream":true}""";
        using var answer = await PostAsync((string)token["token"]!, "/openai/v1/chat/completions", Body, fault: new JsonObject { ["answer"] = stream });
        await answer.Content.ReadAsStringAsync();
        await product.NothingIsHeldAsync();
        var spent = (long)JsonNode.Parse(await product.Admin.GetStringAsync($"/api/tokens/{token["id"]}"))!["limits"]![0]!["spent"]!;
        Assert.InRange(spent, isHeld ? 5000 : 1, isHeld ? 5200 : 100);
    }

    private async Task AssertRefusedAsync(string token, string body, string code)
    {
        using var answer = await PostAsync(token, "/openai/v1/responses", body);
        Assert.Equal(code, answer.Headers.GetValues("x-credential-proxy-error").Single());
    }

    // The last body that the mock was sent.
    private async Task<string> SentAsync() => (string)JsonNode.Parse(await product.Client.GetStringAsync(new Uri(product.Mock, "/__captured?bodies=true")))!.AsArray()[^1]!["body"]!;

    private async Task<JsonNode> CreateAsync(string path, string body)
    {
        using var made = await product.Admin.PostAsync(path, Json(body));
        return JsonNode.Parse(await made.Content.ReadAsStringAsync())!;
    }

    private async Task<HttpResponseMessage> PostAsync(string token, string path, string body, Product? at = null, JsonObject? fault = null)
    {
        at ??= product;
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(at.Gateway, path)) { Content = Json(body) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (fault is not null)
        {
            request.Headers.TryAddWithoutValidation("x-mock-fault", fault.ToJsonString());
        }
        return await at.Client.SendAsync(request);
    }

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");
}
