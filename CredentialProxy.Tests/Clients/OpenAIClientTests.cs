using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text.Json;
using CredentialProxy.Tests.Running;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Embeddings;

namespace CredentialProxy.Tests.Clients;

/// <summary>OpenAI's own library for .NET, unmodified, through the running product.</summary>
public sealed class OpenAIClientTests(Product product) : IClassFixture<Product>
{
    private const string Model = "gpt-4o-mini";
    private const int Pieces = 9;
    private const string Prompt = "Tell me about foxes. [[tokens:24]]";

    private static readonly ChatTool Weather =
        ChatTool.CreateFunctionTool("get_weather", "Tells the weather", BinaryData.FromString("""{"type":"object","properties":{"city":{"type":"string"}}}"""));

    [Theory]
    [InlineData("/openai/v1")]
    [InlineData("/v1")]
    public async Task A_plain_answer(string path)
    {
        var account = await Account.OpenAsync(product);
        ChatCompletion answer = await Chat(account.Token, path: path).CompleteChatAsync(Prompt);
        Assert.NotEmpty(answer.Content[0].Text);
        Assert.Equal(24, answer.Usage.OutputTokenCount);
        await AssertIsExactAsync(account);
    }

    [Fact]
    public async Task A_streamed_answer()
    {
        var account = await Account.OpenAsync(product);
        var text = "";
        ChatTokenUsage? usage = null;
        // This library asks for the usage chunk by itself, so it must get it.
        await foreach (var update in Chat(account.Token).CompleteChatStreamingAsync(Prompt))
        {
            text += string.Concat(update.ContentUpdate.Select(part => part.Text));
            usage = update.Usage ?? usage;
        }
        Assert.StartsWith("The quick", text, StringComparison.Ordinal);
        Assert.Equal(24, usage?.OutputTokenCount);
        await AssertIsExactAsync(account);
    }

    [Fact]
    public async Task A_tool_call()
    {
        var account = await Account.OpenAsync(product);
        var options = new ChatCompletionOptions { Tools = { Weather } };
        ChatCompletion answer = await Chat(account.Token).CompleteChatAsync([new UserChatMessage(Prompt)], options);
        Assert.Equal((ChatFinishReason.ToolCalls, "get_weather"), (answer.FinishReason, Assert.Single(answer.ToolCalls).FunctionName));
        JsonDocument.Parse(answer.ToolCalls[0].FunctionArguments).Dispose();
        await AssertIsExactAsync(account);
    }

    [Fact]
    public async Task A_streamed_tool_call()
    {
        var account = await Account.OpenAsync(product);
        var options = new ChatCompletionOptions { Tools = { Weather } };
        var arguments = "";
        await foreach (var update in Chat(account.Token).CompleteChatStreamingAsync([new UserChatMessage(Prompt)], options))
        {
            arguments += string.Concat(update.ToolCallUpdates.Select(call => call.FunctionArgumentsUpdate?.ToString()));
        }
        JsonDocument.Parse(arguments).Dispose();
        await AssertIsExactAsync(account);
    }

    [Fact]
    public async Task Embeddings_and_models()
    {
        var account = await Account.OpenAsync(product);
        var client = new OpenAIClient(new ApiKeyCredential(account.Token), Options(new CountingHandler(), "/openai/v1"));
        OpenAIEmbedding embedding = await client.GetEmbeddingClient("text-embedding-3-small").GenerateEmbeddingAsync("foxes");
        Assert.Equal(8, embedding.ToFloats().Length);
        Assert.NotEmpty((await client.GetOpenAIModelClient().GetModelsAsync()).Value);
        ChatCompletion answer = await client.GetChatClient(Model).CompleteChatAsync(Prompt);
        Assert.NotEmpty(answer.Content);
        await AssertIsExactAsync(account);
    }

    [Fact]
    public async Task A_wrong_token_and_a_model_that_is_not_allowed_are_its_own_exception()
    {
        await product.ForgetAsync();
        var unknown = await Assert.ThrowsAsync<ClientResultException>(() => Chat("ptk_unknown_unknown_unknown").CompleteChatAsync(Prompt));
        Assert.Equal(401, unknown.Status);
        Assert.Contains("invalid_token", unknown.Message, StringComparison.Ordinal);
        var narrow = (string)(await product.CreateTokenAsync(new { kind = "proxy", models = new[] { "some-other-model*" } }))["token"]!;
        var forbidden = await Assert.ThrowsAsync<ClientResultException>(() => Chat(narrow).CompleteChatAsync(Prompt));
        Assert.Equal(403, forbidden.Status);
        Assert.Contains("model_not_allowed", forbidden.Message, StringComparison.Ordinal);
        Assert.Empty(await product.CapturedAsync());
    }

    [Fact]
    public async Task A_spent_budget_is_its_own_exception_and_costs_nothing()
    {
        await product.ForgetAsync();
        // This library's retry policy knows statuses alone, and no header that says that a retry is in vain: it is told here.
        var spent = await Assert.ThrowsAsync<ClientResultException>(async () => await Chat(await product.MintAsync(new { unit = "tokens", limit = 0 }), maxRetries: 0).CompleteChatAsync(Prompt));
        Assert.Equal(429, spent.Status);
        Assert.Contains("budget_exceeded", spent.Message, StringComparison.Ordinal);
        Assert.Empty(await product.CapturedAsync());
        await product.NothingIsHeldAsync();
    }

    [Fact]
    public async Task An_upstream_error_is_its_own_exception_and_costs_nothing()
    {
        var account = await Account.OpenAsync(product);
        var failed = await Assert.ThrowsAsync<ClientResultException>(() => Chat(account.Token, """{"status":500}""", maxRetries: 0).CompleteChatAsync(Prompt));
        Assert.Equal(500, failed.Status);
        Assert.Equal((1, 0, 0), await account.SettledAsync());
    }

    [Fact]
    public async Task A_stream_that_it_leaves_is_charged_for_what_was_produced()
    {
        var account = await Account.OpenAsync(product);
        var pieces = 0;
        // The first chunk waits for no gate and holds no text.
        await product.OpenGateAsync("openai-net", Pieces);
        await foreach (var update in Chat(account.Token, """{"gate":"openai-net"}""").CompleteChatStreamingAsync("Go on and on. [[tokens:400]]"))
        {
            pieces += update.ContentUpdate.Any(part => part.Text.Length > 0) ? 1 : 0;
            if (pieces == Pieces)
            {
                break;
            }
        }
        await account.AssertIsChargedForWhatWasProducedAsync("authorization", "Bearer sk-demo-openai-key", Pieces);
    }

    private static Task AssertIsExactAsync(Account account) => account.AssertIsExactAsync("authorization", "Bearer sk-demo-openai-key");

    private ChatClient Chat(string token, string? fault = null, int? maxRetries = null, string path = "/openai/v1") =>
        new(Model, new ApiKeyCredential(token), Options(new CountingHandler(fault), path, maxRetries));

    private OpenAIClientOptions Options(CountingHandler handler, string path, int? maxRetries = null)
    {
        var options = new OpenAIClientOptions { Endpoint = new Uri(product.Gateway, path), Transport = new HttpClientPipelineTransport(new HttpClient(handler)) };
        if (maxRetries is { } retries)
        {
            options.RetryPolicy = new ClientRetryPolicy(retries);
        }
        return options;
    }
}
