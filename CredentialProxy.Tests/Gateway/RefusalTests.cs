using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Gateway;

/// <summary>What the gateway answers itself: status, code, the provider's shape, and that nothing is left behind.</summary>
public sealed class RefusalTests(Product product) : IClassFixture<Product>
{
    [Fact]
    public async Task Expired_revoked_and_disabled_tokens_are_told_apart()
    {
        var expired = await product.CreateTokenAsync(new { kind = "proxy", ttlSeconds = 1 });
        var revoked = await product.CreateTokenAsync(new { kind = "proxy" });
        var disabled = await product.CreateTokenAsync(new { kind = "session" });
        (await product.Admin.PostAsync($"/api/tokens/{revoked["id"]}/revoke", null)).EnsureSuccessStatusCode();
        using var patch = new StringContent("""{"status":"disabled"}""", Encoding.UTF8, "application/json");
        (await product.Admin.PatchAsync($"/api/tokens/{disabled["id"]}", patch)).EnsureSuccessStatusCode();

        await AssertCodeAsync((string)revoked["token"]!, "token_revoked");
        await AssertCodeAsync((string)disabled["token"]!, "token_revoked");
        await Product.EventuallyAsync(
            async () =>
            {
                using var answer = await product.ChatAsync((string)expired["token"]!);
                return answer.Headers.TryGetValues("x-credential-proxy-error", out var codes) && codes.Single() == "token_expired";
            },
            "the token expires");
    }

    [Theory]
    [InlineData("openai", "/openai/v1/nonsense", "POST")]
    [InlineData("openai", "/openai/v1/chat/completions", "PUT")]
    [InlineData("anthropic", "/anthropic/v1/complete", "POST")]
    [InlineData("openrouter", "/openrouter/api/v1/keys", "POST")]
    [InlineData("openrouter", "/openrouter/nonsense", "DELETE")]
    [InlineData("gemini", "/v1beta/corpora", "POST")]
    [InlineData("gemini", "/gemini/v1beta/nonsense", "GET")]
    [InlineData("openai", "/nonsense", "GET")]
    public async Task A_path_without_an_entry_is_refused_in_its_provider_s_words_and_nothing_is_left_behind(string provider, string path, string method)
    {
        await product.ForgetAsync();
        var token = await product.MintAsync(new { unit = "tokens", limit = 1_000_000 });
        using var request = product.Request(new HttpMethod(method), path, token, method == "GET" ? null : new StringContent("{}", Encoding.UTF8, "application/json"));
        using var answer = await product.Client.SendAsync(request);
        await Refused.AssertAsync(answer, provider, HttpStatusCode.Forbidden, "endpoint_not_allowed");
        Assert.Equal("false", answer.Headers.GetValues("x-should-retry").Single());
        Assert.Empty(await product.CapturedAsync());
        Assert.Equal(0, product.Host.Ledger.OpenReservations);
        product.AssertNothingFailed();
    }

    [Fact]
    public async Task A_scope_holds_for_provider_model_endpoint_address_and_origin()
    {
        await AssertScopeAsync(new { kind = "proxy", providers = new[] { "anthropic" } }, "provider_not_allowed");
        await AssertScopeAsync(new { kind = "proxy", models = new[] { "gpt-4o" } }, "model_not_allowed");
        await AssertScopeAsync(new { kind = "proxy", endpoints = new[] { "POST /v1/embeddings" } }, "endpoint_not_allowed");
        await AssertScopeAsync(new { kind = "proxy", cidrs = new[] { "192.0.2.0/24" } }, "address_not_allowed");
        await AssertScopeAsync(new { kind = "proxy", origins = new[] { "https://good.example" } }, "origin_not_allowed", "https://evil.example");
    }

    [Fact]
    public async Task An_endpoint_that_can_t_be_metered_is_out_of_reach_for_a_limited_token()
    {
        using var refused = await PostAsync("/openai/v1/images/generations", """{"prompt":"a fox"}""", await product.MintAsync(new { unit = "usd", limit = 5 }));
        await AssertRefusalAsync(refused, "unmetered_endpoint");
        using var allowed = await PostAsync("/openai/v1/images/generations", """{"prompt":"a fox"}""", await product.MintAsync());
        Assert.Equal(HttpStatusCode.OK, allowed.StatusCode);
    }

    private async Task AssertScopeAsync(object request, string code, string? origin = null)
    {
        var token = (string)(await product.CreateTokenAsync(request))["token"]!;
        using var message = new HttpRequestMessage(HttpMethod.Post, new Uri(product.Gateway, "/openai/v1/chat/completions"))
        {
            Content = new StringContent("""{"model":"gpt-4o-mini","messages":[{"role":"user","content":"Hi"}]}""", Encoding.UTF8, "application/json"),
        };
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (origin is not null)
        {
            message.Headers.TryAddWithoutValidation("Origin", origin);
        }
        using var answer = await product.Client.SendAsync(message);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        await AssertRefusalAsync(answer, code);
    }

    private async Task AssertCodeAsync(string token, string code)
    {
        using var answer = await product.ChatAsync(token);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        await AssertRefusalAsync(answer, code);
    }

    private static async Task AssertRefusalAsync(HttpResponseMessage answer, string code)
    {
        Assert.Equal(code, answer.Headers.GetValues("x-credential-proxy-error").Single());
        Assert.StartsWith("req_", answer.Headers.GetValues("x-credential-proxy-request-id").Single(), StringComparison.Ordinal);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(text.Length < 1024);
        Assert.NotNull(JsonNode.Parse(text)!["error"]);
    }

    private async Task<HttpResponseMessage> PostAsync(string path, string body, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(product.Gateway, path)) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        if (token.Length > 0)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }
        return await product.Client.SendAsync(request);
    }
}
