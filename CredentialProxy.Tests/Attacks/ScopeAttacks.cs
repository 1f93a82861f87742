using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Attacks;

/// <summary>Ways around what a token may reach: another slot, another spelling.</summary>
public sealed class ScopeAttacks(Product product) : IClassFixture<Product>
{
    public static TheoryData<string, string> Slots => new()
    {
        { "Authorization", "Bearer {0}" },
        { "x-api-key", "{0}" },
        { "x-goog-api-key", "{0}" },
        { "api-key", "{0}" },
        { "?key=", "{0}" },
    };

    [Theory]
    [Trait("threat", "token-5")]
    [MemberData(nameof(Slots))]
    public async Task Every_slot_gives_the_same_scope(string slot, string form)
    {
        var token = string.Format(
            System.Globalization.CultureInfo.InvariantCulture, form,
            (string)(await product.CreateTokenAsync(new { kind = "proxy", providers = new[] { "openai" }, models = new[] { "gpt-4o*" }, endpoints = new[] { "POST /v1/chat/completions" } }))["token"]!);
        Assert.Null(await CodeAsync(slot, token, "/openai/v1/chat/completions", "gpt-4o-mini"));
        Assert.Equal("model_not_allowed", await CodeAsync(slot, token, "/openai/v1/chat/completions", "gpt-5"));
        Assert.Equal("endpoint_not_allowed", await CodeAsync(slot, token, "/openai/v1/embeddings", "gpt-4o-mini"));
        Assert.Equal("provider_not_allowed", await CodeAsync(slot, token, "/anthropic/v1/messages", "gpt-4o-mini"));
        Assert.Equal("provider_not_allowed", await CodeAsync(slot, token, "/gemini/v1beta/models/gemini-2.5-pro:generateContent", "gemini-2.5-pro"));
    }

    [Theory]
    [Trait("threat", "token-6")]
    [Trait("threat", "fault-15")]
    [InlineData(null, "model_not_allowed")]
    [InlineData("*", "model_not_allowed")]
    [InlineData("*mini*", "model_not_allowed")]
    [InlineData("ft:gpt-4o-mini*:ours:*", "model_not_allowed")]
    [InlineData("ft:*", null)]
    [InlineData("ft:gpt-4o-mini*:theirs:*", null)]
    public async Task A_model_that_was_trained_for_somebody_is_had_by_whom_it_is_granted_by_name(string? models, string? code)
    {
        const string Tuned = "ft:gpt-4o-mini-2024-07-18:theirs::abc";
        await product.ForgetAsync();
        var token = (string)(await product.CreateTokenAsync(new { kind = "proxy", models = models is null ? [] : new[] { models } }))["token"]!;
        Assert.Equal(code, await CodeAsync("x-api-key", token, "/openai/v1/chat/completions", Tuned));
        Assert.Equal(code, await CodeAsync("x-api-key", token, "/openai/v1/responses", Tuned));
        Assert.Equal(code is null, (await product.CapturedAsync()).Count == 2);
        Assert.Equal("model_not_allowed", await CodeAsync("x-api-key", token, "/openai/v1/chat/completions", Tuned.ToUpperInvariant()));
    }

    [Theory]
    [Trait("threat", "token-6")]
    [InlineData("GPT-4o", HttpStatusCode.Forbidden)]
    [InlineData("Gpt-4o", HttpStatusCode.Forbidden)]
    [InlineData("gpt-4", HttpStatusCode.Forbidden)]
    [InlineData("xgpt-4o", HttpStatusCode.Forbidden)]
    [InlineData("openai/gpt-4o", HttpStatusCode.Forbidden)]
    [InlineData("gpt-4o ", HttpStatusCode.BadRequest)]
    [InlineData(" gpt-4o", HttpStatusCode.BadRequest)]
    [InlineData("gpt-4o\0", HttpStatusCode.BadRequest)]
    [InlineData("gpt-4o\n", HttpStatusCode.BadRequest)]
    [InlineData("gpt\u20114o", HttpStatusCode.BadRequest)]
    [InlineData("gpt-4\u043e", HttpStatusCode.BadRequest)]
    [InlineData("\uff47pt-4o", HttpStatusCode.BadRequest)]
    [InlineData("gpt-4o\u200b", HttpStatusCode.BadRequest)]
    [InlineData("gpt-4o/../gpt-5", HttpStatusCode.Forbidden)]
    [InlineData("gpt-4o/..", HttpStatusCode.Forbidden)]
    [InlineData("gpt-4o/./x", HttpStatusCode.Forbidden)]
    [InlineData("../gpt-4o", HttpStatusCode.Forbidden)]
    [InlineData("", HttpStatusCode.BadRequest)]
    public async Task A_pattern_of_models_matches_no_more_than_it_says(string model, HttpStatusCode status)
    {
        await product.ForgetAsync();
        var token = (string)(await product.CreateTokenAsync(new { kind = "proxy", models = new[] { "gpt-4o*" } }))["token"]!;
        using var answer = await SendAsync("x-api-key", token, "/openai/v1/chat/completions", model);
        Assert.Equal(status, answer.StatusCode);
        Assert.Empty(await product.CapturedAsync());
    }

    [Theory]
    [Trait("threat", "token-6")]
    [InlineData("/openai/v1/chat%2fcompletions")]
    [InlineData("/openai/v1/chat%2Fcompletions")]
    [InlineData("/openai/v1/chat%5ccompletions")]
    [InlineData("/openai/v1/chat/completions/../embeddings")]
    [InlineData("/openai/v1/chat/%2e%2e/embeddings")]
    [InlineData("/openai/v1/chat/completions/")]
    [InlineData("/openai/v1/chat/completions;x=/v1/embeddings")]
    [InlineData("/openai/v1//chat/completions")]
    [InlineData("/openai/V1/chat/completions")]
    [InlineData("/openai/v1/Chat/completions")]
    [InlineData("/OPENAI/v1/chat/completions")]
    [InlineData("/openai/v1/chat/completions/x")]
    [InlineData("/openai/v1/embeddings")]
    public async Task A_rule_for_endpoints_matches_no_more_than_it_says(string path)
    {
        await product.ForgetAsync();
        var token = (string)(await product.CreateTokenAsync(new { kind = "proxy", endpoints = new[] { "POST /v1/chat/completions" } }))["token"]!;
        await using var client = await WireClient.ConnectAsync(product.Gateway);
        const string Body = """{"model":"gpt-4o-mini","messages":[]}""";
        await client.SendAsync(WireClient.ChatHead(token, Body.Length, path) + Body);
        Assert.Matches("^HTTP/1.1 40[03] ", await client.ReadHeadAsync());
        Assert.Empty(await product.CapturedAsync());
    }

    private async Task<string?> CodeAsync(string slot, string token, string path, string model)
    {
        using var answer = await SendAsync(slot, token, path, model);
        return answer.Headers.TryGetValues("x-credential-proxy-error", out var codes) ? codes.Single() : null;
    }

    private async Task<HttpResponseMessage> SendAsync(string slot, string token, string path, string model)
    {
        var isQuery = slot == "?key=";
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(product.Gateway, path + (isQuery ? slot + token : "")))
        {
            Content = new StringContent(JsonSerializer.Serialize(new { model, messages = new[] { new { role = "user", content = "Hi" } } }), Encoding.UTF8, MediaTypeHeaderValue.Parse("application/json")),
        };
        if (!isQuery)
        {
            request.Headers.TryAddWithoutValidation(slot, token);
        }
        return await product.Client.SendAsync(request);
    }
}
