using System.Text.Json.Nodes;
using CredentialProxy.Tests.Metering;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Gateway;

/// <summary>What an operator has granted a token with a budget: how its body is held, and what it is charged.</summary>
public sealed class GrantedFeatureTests(Product product) : IClassFixture<Product>
{
    public static TheoryData<string, string, string, string, string, decimal> Granted => new()
    {
        {
            "web_search", "/openai/v1/responses",
            """{"model":"gpt-5","input":"x","max_output_tokens":200,"tools":[{"type":"web_search"}]}""",
            """{"max_tool_calls":5,"service_tier":"default","model":"gpt-5","input":"x","max_output_tokens":200,"tools":[{"type":"web_search"}]}""",
            """{"service_tier":"default","output":[{"type":"web_search_call"},{"type":"web_search_call"},{"type":"message"}],"usage":{"input_tokens":40,"output_tokens":100}}""",
            0.02105m
        },
        {
            "web_search", "/anthropic/v1/messages",
            """{"model":"claude-opus-5","max_tokens":100,"service_tier":"standard_only","messages":[{"role":"user","content":"x"}],"tools":[{"type":"web_search_20250305","name":"web_search"}]}""",
            """{"model":"claude-opus-5","max_tokens":100,"service_tier":"standard_only","messages":[{"role":"user","content":"x"}],"tools":[{"max_uses":5,"type":"web_search_20250305","name":"web_search"}]}""",
            """{"usage":{"input_tokens":0,"output_tokens":0,"server_tool_use":{"web_search_requests":3}}}""",
            0.03m
        },
        {
            "web_search", "/gemini/v1beta/models/gemini-3-flash-preview:generateContent",
            """{"contents":[{"parts":[{"text":"x"}]}],"tools":[{"googleSearch":{}}],"generationConfig":{"maxOutputTokens":100}}""",
            """{"contents":[{"parts":[{"text":"x"}]}],"tools":[{"googleSearch":{}}],"generationConfig":{"maxOutputTokens":100}}""",
            """{"candidates":[{"groundingMetadata":{"webSearchQueries":["a","b"]}}],"usageMetadata":{"promptTokenCount":0,"candidatesTokenCount":0}}""",
            0.028m
        },
        {
            "service_tiers", "/openai/v1/chat/completions",
            """{"model":"gpt-4o","messages":[{"role":"user","content":"x"}],"max_tokens":100,"service_tier":"priority"}""",
            """{"model":"gpt-4o","messages":[{"role":"user","content":"x"}],"max_tokens":100,"service_tier":"priority"}""",
            """{"service_tier":"priority","usage":{"prompt_tokens":0,"completion_tokens":100}}""",
            0.0025m
        },
        {
            "model_choice", "/openrouter/v1/chat/completions",
            """{"model":"openai/gpt-4o","models":["anthropic/claude-opus-4.1"],"messages":[{"role":"user","content":"x"}],"max_tokens":100}""",
            """{"provider":{"max_price":{"prompt":30,"completion":150}},"model":"openai/gpt-4o","models":["anthropic/claude-opus-4.1"],"messages":[{"role":"user","content":"x"}],"max_tokens":100}""",
            """{"model":"anthropic/claude-opus-4.1","usage":{"prompt_tokens":0,"completion_tokens":100,"cost":0.008}}""",
            0.008m
        },
        {
            "hosted_tools", "/openai/v1/responses",
            """{"model":"gpt-5","input":"x","max_tool_calls":1,"max_output_tokens":200,"tools":[{"type":"a_tool_of_next_week"}]}""",
            """{"service_tier":"default","model":"gpt-5","input":"x","max_tool_calls":1,"max_output_tokens":200,"tools":[{"type":"a_tool_of_next_week"}]}""",
            """{"output":[{"type":"a_call_of_next_week"}],"usage":{"input_tokens":0,"output_tokens":100}}""",
            0.001m
        },
    };

    [Theory]
    [Trait("threat", "spend-5")]
    [Trait("threat", "spend-6")]
    [Trait("threat", "spend-8")]
    [MemberData(nameof(Granted))]
    public async Task A_token_with_a_budget_is_held_to_a_bound_and_charged_what_was_called(string feature, string path, string body, string held, string answer, decimal usd)
    {
        await product.ForgetAsync();
        var token = await CreateAsync(feature);
        var asked = await product.AskAsync((string)token["token"]!, $"POST {path}", body, Answering(answer));

        Assert.Equal((200, answer), (asked.Status, asked.Text));
        Assert.Equal(Ordered(held), Ordered(await SentAsync()));
        await AssertSpentAsync(token, usd);
    }

    [Fact]
    [Trait("threat", "spend-15")]
    public async Task A_stream_with_tools_is_charged_as_its_plain_form_is()
    {
        const string Response = """{"service_tier":"default","output":[{"type":"file_search_call"},{"type":"file_search_call"}],"usage":{"input_tokens":40,"output_tokens":100}}""";
        const string Body = """{"model":"gpt-5","input":"x","max_output_tokens":200,"tools":[{"type":"file_search"}],"stream":false}""";
        var stream = DialectRows.Sse(
            """{"type":"response.output_item.done","item":{"type":"file_search_call"}}""",
            """{"type":"response.output_item.done","item":{"type":"file_search_call"}}""",
            $$"""{"type":"response.completed","response":{{Response}}}""");
        foreach (var (body, answer) in new[] { (Body, Response), (Body.Replace("false", "true", StringComparison.Ordinal), stream) })
        {
            var token = await CreateAsync("file_search");
            var asked = await product.AskAsync((string)token["token"]!, "POST /openai/v1/responses", body, Answering(answer));
            Assert.Equal((200, answer), (asked.Status, asked.Text));
            await AssertSpentAsync(token, 0.00605m);
        }
    }

    [Fact]
    [Trait("threat", "spend-6")]
    public async Task What_may_be_called_must_fit_the_budget_before_it_is()
    {
        await product.ForgetAsync();
        // Five searches are five cents; and what they give to read is more.
        var token = await product.CreateTokenAsync(new { kind = "proxy", limits = new[] { new { unit = "usd", limit = 0.04 } }, features = new[] { "web_search" } });
        var asked = await product.AskAsync((string)token["token"]!, "POST /openai/v1/responses", """{"model":"gpt-5-nano","input":"x","max_output_tokens":20,"tools":[{"type":"web_search"}]}""");
        Assert.Equal((429, "budget_exceeded"), (asked.Status, asked.Code));
        var one = await product.AskAsync((string)token["token"]!, "POST /openai/v1/responses", """{"model":"gpt-5-nano","input":"x","max_output_tokens":20,"max_tool_calls":1,"tools":[{"type":"web_search"}]}""");
        Assert.Equal(200, one.Status);
        Assert.Single(await product.CapturedAsync());
    }

    private async Task<JsonNode> CreateAsync(string feature) =>
        await product.CreateTokenAsync(new { kind = "proxy", limits = new[] { new { unit = "usd", limit = 1000 } }, features = new[] { feature } });

    private async Task AssertSpentAsync(JsonNode token, decimal usd)
    {
        await product.NothingIsHeldAsync();
        var spent = (decimal)JsonNode.Parse(await product.Admin.GetStringAsync($"/api/tokens/{token["id"]}"))!["limits"]![0]!["spent"]!;
        Assert.Equal((usd, usd), (spent, (decimal)(await product.UsageAsync($"?token={token["id"]}"))["totals"]!["usd"]!));
    }

    // The last body that the mock was sent.
    private async Task<string> SentAsync() => (string)JsonNode.Parse(await product.Client.GetStringAsync(new Uri(product.Mock, "/__captured?bodies=true")))!.AsArray()[^1]!["body"]!;

    // What is put in at the same place comes in no certain order.
    private static string Ordered(string body) =>
        string.Concat(JsonNode.Parse(body)!.AsObject().OrderBy(member => member.Key, StringComparer.Ordinal).Select(member => $"{member.Key}:{member.Value?.ToJsonString()};"));

    private static (string Name, string Value) Answering(string answer) => ("x-mock-fault", new JsonObject { ["answer"] = answer }.ToJsonString());
}
