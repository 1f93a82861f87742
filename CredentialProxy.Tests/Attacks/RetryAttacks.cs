using System.ClientModel;
using System.ClientModel.Primitives;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using CredentialProxy.Tests.Running;
using OpenAI;
using OpenAI.Chat;

namespace CredentialProxy.Tests.Attacks;

/// <summary>Requests that the client's SDK sends again by itself: each attempt that the provider may charge is charged, and none twice.</summary>
[Trait("threat", "spend-18")]
public sealed class RetryAttacks(Product product) : IClassFixture<Product>
{
    [Theory]
    [InlineData("""{"status":500}""", 2, 0)]
    [InlineData("""{"status":503,"retryAfter":1}""", 1, 0)]
    [InlineData("""{"status":429,"retryAfter":1}""", 1, 0)]
    [InlineData("""{"reset":true}""", 2, 2)]
    public async Task Each_attempt_of_an_SDK_is_charged_by_what_became_of_it(string fault, int faults, int charged)
    {
        await product.ForgetAsync();
        var token = await product.CreateTokenAsync(new { kind = "proxy", limits = new[] { new { unit = "tokens", limit = 100_000 } } });
        using var put = await product.Client.PutAsJsonAsync(new Uri(product.Mock, "/__faults"), new { times = faults, match = new { path = "/v1/chat/completions" }, fault = JsonNode.Parse(fault) });
        put.EnsureSuccessStatusCode();
        var client = new ChatClient("gpt-4o-mini", new ApiKeyCredential((string)token["token"]!), new OpenAIClientOptions
        {
            Endpoint = new Uri(product.Gateway, "/openai/v1"),
            RetryPolicy = new ClientRetryPolicy(maxRetries: 3),
        });
        ChatCompletion answer = await client.CompleteChatAsync([new UserChatMessage("Hello")], new ChatCompletionOptions { MaxOutputTokenCount = 64 });

        await product.NothingIsUnderWayAsync();
        Assert.Equal(faults + 1, (await product.CapturedAsync()).Count);
        var spent = (long)JsonNode.Parse(await product.Admin.GetStringAsync($"/api/tokens/{token["id"]}"))!["limits"]![0]!["spent"]!;
        // A lost attempt costs its reservation: the output limit, and what the prompt can be at most.
        Assert.InRange(spent - answer.Usage.TotalTokenCount, charged * 64, charged * 300);
        Assert.Equal(faults + 1, (long)(await product.UsageAsync($"?token={token["id"]}"))["totals"]!["requests"]!);
    }
}
