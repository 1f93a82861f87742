using System.Net;
using System.Text.Json.Nodes;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Admin;

/// <summary>A quote decides as the gateway does, by the same rules, and holds nothing.</summary>
public sealed class QuoteTests(Product product) : IClassFixture<Product>
{
    private const string Chat = """{"model":"gpt-4o-mini","max_tokens":64,"messages":[{"role":"user","content":"Hello"}]}""";

    public static TheoryData<string, string, string, string?> Requests => new()
    {
        { "{}", "/openai/v1/chat/completions", Chat, null },
        { "{}", "/v1/chat/completions", Chat, null },
        { """{"limits":[{"unit":"usd","limit":1}]}""", "/openai/v1/chat/completions", Chat, null },
        { """{"limits":[{"unit":"tokens","limit":10}]}""", "/openai/v1/chat/completions", Chat, "budget_exceeded" },
        { """{"limits":[{"unit":"usd","limit":0.00001}]}""", "/openai/v1/chat/completions", Chat, "budget_exceeded" },
        { """{"limits":[{"unit":"requests","limit":0,"window":"day"}]}""", "/openai/v1/chat/completions", Chat, "rate_limit_exceeded" },
        { """{"limits":[{"unit":"tokens","limit":10,"window":"minute"}]}""", "/openai/v1/chat/completions", Chat, "rate_limit_exceeded" },
        { """{"limits":[{"unit":"concurrent","limit":0}]}""", "/openai/v1/chat/completions", Chat, "concurrency_limit_exceeded" },
        { """{"models":["gpt-5*"]}""", "/openai/v1/chat/completions", Chat, "model_not_allowed" },
        { """{"providers":["anthropic"]}""", "/openai/v1/chat/completions", Chat, "provider_not_allowed" },
        { """{"endpoints":["POST /v1/embeddings"]}""", "/openai/v1/chat/completions", Chat, "endpoint_not_allowed" },
        { "{}", "/openai/v1/organization/admin_api_keys", "{}", "endpoint_not_allowed" },
        { "{}", "/openai/v1/chat/completions", """{"messages":7}""", "invalid_request_body" },
        { """{"limits":[{"unit":"usd","limit":1}]}""", "/openai/v1/responses", """{"model":"gpt-4o","input":"x","tools":[{"type":"web_search"}]}""", "unmetered_feature" },
        { """{"limits":[{"unit":"usd","limit":1000}],"features":["web_search"]}""", "/openai/v1/responses", """{"model":"gpt-4o","input":"x","max_output_tokens":50,"tools":[{"type":"web_search"}]}""", null },
        { """{"credential":"cred_of_nobody"}""", "/openai/v1/chat/completions", Chat, "credential_unavailable" },
        { """{"limits":[{"unit":"usd","limit":1}]}""", "/anthropic/v1/messages", """{"model":"claude-sonnet-4-5","max_tokens":64,"messages":[{"role":"user","content":"Hi"}]}""", null },
        { """{"limits":[{"unit":"usd","limit":1}]}""", "/gemini/v1beta/models/gemini-2.5-flash:generateContent", """{"contents":[{"parts":[{"text":"Hi"}]}],"generationConfig":{"maxOutputTokens":64}}""", null },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task A_quote_and_the_gateway_decide_alike(string grant, string path, string body, string? code)
    {
        using var admin = ControlCalls.AdminOf(product);
        var request = JsonNode.Parse(grant)!.AsObject();
        request["kind"] = "proxy";
        var made = await admin.CreateAsync("/api/tokens", request);
        foreach (var quote in new[] { await QuoteAsync(admin, new { token = (string)made["token"]!, path, body = JsonNode.Parse(body) }), await QuoteAsync(admin, new { tokenId = (string)made["id"]!, path, body = JsonNode.Parse(body) }) })
        {
            Assert.Equal((code is null, code), ((bool)quote["allowed"]!, (string?)quote["code"]));
            Assert.DoesNotContain((string)made["token"]!, quote.ToJsonString(), StringComparison.Ordinal);
        }
        Assert.Equal(code, (await product.AskAsync((string)made["token"]!, "POST " + path, body)).Code);
    }

    [Fact]
    public async Task The_worst_case_is_what_the_gateway_reserves_and_a_quote_reserves_nothing()
    {
        using var admin = ControlCalls.AdminOf(product);
        var made = await admin.CreateAsync("/api/tokens", new { kind = "proxy", limits = new object[] { new { unit = "tokens", limit = 100_000 }, new { unit = "usd", limit = 1, window = "day" } } });
        var request = new { tokenId = (string)made["id"]!, path = "/openai/v1/chat/completions", body = JsonNode.Parse(Chat) };
        var quote = await QuoteAsync(admin, request);
        Assert.Equal("openai gpt-4o-mini cred_openai_env", $"{quote["provider"]} {quote["model"]} {quote["credential"]}");
        var limits = quote["limits"]!.AsArray();
        Assert.Equal(["token tokens 100000", "token usd 1"], limits.Select(limit => $"{limit!["account"]} {limit["unit"]} {limit["remaining"]}"));
        Assert.Equal(((long)quote["tokens"]!, (decimal)quote["usd"]!), ((long)limits[0]!["needed"]!, (decimal)limits[1]!["needed"]!));
        // As much as fits exactly passes, and one token less does not: the gateway's own reckoning, to the token.
        foreach (var (room, code) in new[] { ((long)quote["tokens"]!, null), ((long)quote["tokens"]! - 1, "budget_exceeded") })
        {
            var exact = await admin.CreateAsync("/api/tokens", new { kind = "proxy", limits = new[] { new { unit = "tokens", limit = room } } });
            Assert.Equal(code, (string?)(await QuoteAsync(admin, new { token = (string)exact["token"]!, request.path, request.body }))["code"]);
            Assert.Equal(code, (await product.AskAsync((string)exact["token"]!, "POST /openai/v1/chat/completions", Chat)).Code);
        }
        Assert.Equal(["0 0", "0 0"], (await admin.GetAsync($"/api/tokens/{made["id"]}"))["limits"]!.AsArray().Select(limit => $"{limit!["spent"]} {limit["reserved"]}"));
        Assert.Equal(0, (int)(await admin.GetAsync($"/api/usage?token={made["id"]}"))["totals"]!["requests"]!);
    }

    [Fact]
    public async Task A_token_that_has_ended_is_told_and_another_s_is_none_to_a_minter()
    {
        using var admin = ControlCalls.AdminOf(product);
        using var minter = await admin.WithRoleAsync("minter", new { });
        var made = await admin.CreateAsync("/api/tokens", new { kind = "session" });
        var request = new { tokenId = (string)made["id"]!, path = "/openai/v1/chat/completions", body = JsonNode.Parse(Chat) };
        Assert.True((bool)(await QuoteAsync(admin, request))["allowed"]!);
        var refused = await minter.SendAsync("POST", "/api/quote", request);
        Assert.Equal((HttpStatusCode.BadRequest, "tokenId"), (refused.Status, string.Join(",", refused.Fields)));
        await admin.SendAsync("POST", $"/api/tokens/{made["id"]}/revoke");
        Assert.Equal("token_revoked", (string?)(await QuoteAsync(admin, request))["code"]);
    }

    [Theory]
    [InlineData("""{"path":"/v1/chat/completions"}""", "token")]
    [InlineData("""{"token":"ptk_nobody","tokenId":"tok_nobody","path":"/v1/chat/completions"}""", "token")]
    [InlineData("""{"token":"ptk_nobody","path":"/v1/chat/completions"}""", "token")]
    [InlineData("""{"tokenId":"' OR 1=1 --","path":"/v1/chat/completions"}""", "tokenId")]
    [InlineData("""{"tokenId":"tok\u0000","path":"/v1/chat/completions"}""", "tokenId")]
    [InlineData("""{"tokenId":"tok_nobody"}""", "path")]
    [InlineData("""{"tokenId":"tok_nobody","path":"/../x"}""", "path")]
    [InlineData("""{"tokenId":"tok_nobody","path":"/v1/models?key=x"}""", "path")]
    [InlineData("""{"tokenId":"tok_nobody","path":"/v1/models","method":"TRACE"}""", "method")]
    public async Task A_question_that_makes_no_sense_is_told_by_its_field(string request, string field)
    {
        using var admin = ControlCalls.AdminOf(product);
        var answer = await admin.SendAsync("POST", "/api/quote", request);
        Assert.Equal((HttpStatusCode.BadRequest, field), (answer.Status, string.Join(",", answer.Fields)));
    }

    private static async Task<JsonNode> QuoteAsync(ControlCalls caller, object request)
    {
        var answer = await caller.SendAsync("POST", "/api/quote", request);
        Assert.True(answer.Status == HttpStatusCode.OK, answer.Text);
        return answer.Json;
    }
}
