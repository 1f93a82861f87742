using System.Net.Http.Json;
using System.Text.Json.Nodes;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Attacks;

/// <summary>Clients that leave while a model thinks, which costs the provider and which nobody sees.</summary>
public sealed class ThinkingAttacks(Product product) : IClassFixture<Product>
{
    private const int Times = 40;
    private const int MaxTokens = 30_000;

    // A sixth of what is charged for the time, so that a machine that is slow to tell the provider does not matter.
    private const string Fault = """{"reasoningPerSecond":500}""";

    private static readonly Dictionary<string, (string Path, Func<string, object> Body)> Calls = new()
    {
        ["chat"] = ("/openai/v1/chat/completions", prompt => new { model = "gpt-5", stream = true, max_completion_tokens = MaxTokens, messages = new[] { new { role = "user", content = prompt } } }),
        ["responses"] = ("/openai/v1/responses", prompt => new { model = "gpt-5", stream = true, max_output_tokens = MaxTokens, input = prompt }),
        ["messages"] = ("/anthropic/v1/messages", prompt => new { model = "claude-opus-4-5", stream = true, max_tokens = MaxTokens, messages = new[] { new { role = "user", content = prompt } } }),
        ["openrouter"] = ("/openrouter/api/v1/chat/completions", prompt => new { model = "openai/gpt-5", stream = true, max_tokens = MaxTokens, messages = new[] { new { role = "user", content = prompt } } }),
        ["gemini"] = ("/gemini/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse", prompt => new { contents = new[] { new { parts = new[] { new { text = prompt } } } }, generationConfig = new { maxOutputTokens = MaxTokens } }),
    };

    [Theory]
    [Trait("threat", "spend-2")]
    [Trait("threat", "spend-14")]
    [Trait("threat", "fault-5")]
    [InlineData("chat")]
    [InlineData("responses")]
    [InlineData("messages")]
    [InlineData("openrouter")]
    [InlineData("gemini")]
    public async Task Whoever_leaves_while_it_thinks_pays_for_what_it_thought(string call)
    {
        await product.ForgetAsync();
        var token = await product.CreateTokenAsync(new { kind = "proxy", limits = new[] { new { unit = "tokens", limit = 1_000_000_000 } } });
        var (path, body) = Calls[call];
        await Parallel.ForAsync(0, Times, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, cancellation) =>
        {
            using var request = product.Post(path, (string)token["token"]!, JsonContent.Create(body($"[[tokens:{MaxTokens}]] [[reasoning:{MaxTokens - 1}]]")));
            request.Headers.TryAddWithoutValidation("x-mock-fault", Fault);
            try
            {
                // Once the answer has begun: before that, nobody knows, and the reservation is charged.
                using var answer = await product.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
                Assert.True(answer.IsSuccessStatusCode);
                using var leave = new CancellationTokenSource(TimeSpan.FromMilliseconds(50 + (i * 5)));
                await answer.Content.ReadAsStringAsync(leave.Token);
            }
            catch (OperationCanceledException)
            {
                // As intended.
            }
        });
        await product.NothingIsUnderWayAsync();
        var (requests, input, output) = await product.ProducedAsync();
        Assert.True(requests == Times && output > requests * 20, $"The mock was asked {requests} times and produced {output}");
        var spent = (long)JsonNode.Parse(await product.Admin.GetStringAsync($"/api/tokens/{token["id"]}"))!["limits"]![0]!["spent"]!;
        // Nor is it charged as if it had thought to its end.
        Assert.InRange(spent, input + output, Times * (long)MaxTokens / 2);
    }
}
