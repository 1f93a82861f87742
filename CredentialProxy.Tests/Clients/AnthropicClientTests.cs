using System.Text.Json;
using Anthropic;
using Anthropic.Exceptions;
using Anthropic.Models.Messages;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Clients;

/// <summary>Anthropic's own library for .NET, unmodified, through the running product.</summary>
public sealed class AnthropicClientTests(Product product) : IClassFixture<Product>
{
    private const int Pieces = 9;
    private const string Prompt = "Tell me about foxes. [[tokens:24]]";

    // It states the API version from which on the key is a bearer token.
    private const string Slot = "authorization";
    private const string Key = "Bearer sk-demo-anthropic-key";

    [Theory]
    [InlineData("/anthropic")]
    [InlineData("")]
    public async Task A_plain_answer(string path)
    {
        var account = await Account.OpenAsync(product);
        var answer = await Client(account.Token, path: path).Messages.Create(Request());
        Assert.True(answer.Content[0].TryPickText(out var text) && text.Text.Length > 0);
        Assert.Equal(24, answer.Usage.OutputTokens);
        await account.AssertIsExactAsync(Slot, Key);
    }

    [Fact]
    public async Task A_streamed_answer()
    {
        var account = await Account.OpenAsync(product);
        var text = "";
        var hasStopped = false;
        await foreach (var e in Client(account.Token).Messages.CreateStreaming(Request()))
        {
            if (e.TryPickContentBlockDelta(out var delta) && delta.Delta.TryPickText(out var piece))
            {
                text += piece.Text;
            }
            hasStopped |= e.TryPickStop(out _);
        }
        Assert.StartsWith("The quick", text, StringComparison.Ordinal);
        Assert.True(hasStopped);
        await account.AssertIsExactAsync(Slot, Key);
    }

    [Fact]
    public async Task A_tool_call()
    {
        var account = await Account.OpenAsync(product);
        var answer = await Client(account.Token).Messages.Create(Request(withTool: true));
        ToolUseBlock? call = null;
        Assert.Contains(answer.Content, block => block.TryPickToolUse(out call));
        Assert.Equal("get_weather", call!.Name);
        await account.AssertIsExactAsync(Slot, Key);
    }

    [Fact]
    public async Task A_streamed_tool_call()
    {
        var account = await Account.OpenAsync(product);
        var input = "";
        await foreach (var e in Client(account.Token).Messages.CreateStreaming(Request(withTool: true)))
        {
            if (e.TryPickContentBlockDelta(out var delta) && delta.Delta.TryPickInputJson(out var piece))
            {
                input += piece.PartialJson;
            }
        }
        JsonDocument.Parse(input).Dispose();
        await account.AssertIsExactAsync(Slot, Key);
    }

    [Fact]
    public async Task A_wrong_token_and_a_model_that_is_not_allowed_are_its_own_exceptions()
    {
        await product.ForgetAsync();
        var unknown = await Assert.ThrowsAsync<AnthropicUnauthorizedException>(() => Client("ptk_unknown_unknown_unknown").Messages.Create(Request()));
        Assert.Contains("invalid_token", unknown.ResponseBody, StringComparison.Ordinal);
        var narrow = (string)(await product.CreateTokenAsync(new { kind = "proxy", models = new[] { "some-other-model*" } }))["token"]!;
        var forbidden = await Assert.ThrowsAsync<AnthropicForbiddenException>(() => Client(narrow).Messages.Create(Request()));
        Assert.Contains("model_not_allowed", forbidden.ResponseBody, StringComparison.Ordinal);
        Assert.Empty(await product.CapturedAsync());
    }

    [Fact]
    [Trait("threat", "fault-10")]
    public async Task A_spent_budget_is_its_own_exception_and_is_not_retried()
    {
        await product.ForgetAsync();
        var counting = new CountingHandler();
        var client = Client(await product.MintAsync(new { unit = "tokens", limit = 0 }), counting);
        var spent = await Assert.ThrowsAsync<AnthropicRateLimitException>(() => client.Messages.Create(Request()));
        Assert.Contains("budget_exceeded", spent.ResponseBody, StringComparison.Ordinal);
        Assert.Equal(1, counting.Calls);
        Assert.Empty(await product.CapturedAsync());
        await product.NothingIsHeldAsync();
    }

    [Fact]
    public async Task An_upstream_error_is_its_own_exception_and_costs_nothing()
    {
        var account = await Account.OpenAsync(product);
        var failed = await Assert.ThrowsAnyAsync<Anthropic5xxException>(() => Client(account.Token, new CountingHandler("""{"status":500}"""), maxRetries: 0).Messages.Create(Request()));
        Assert.Equal(500, (int)failed.StatusCode);
        Assert.Equal((1, 0, 0), await account.SettledAsync());
    }

    [Fact]
    public async Task A_stream_that_the_gateway_has_to_end_is_its_own_exception()
    {
        var account = await Account.OpenAsync(product);
        var client = Client(account.Token, new CountingHandler("""{"cutAfterChunks":8,"chunkDelayMs":5}"""));
        var broken = await Assert.ThrowsAnyAsync<AnthropicException>(async () =>
        {
            await foreach (var _ in client.Messages.CreateStreaming(Request()))
            {
            }
        });
        Assert.Contains("upstream_unavailable", (broken as AnthropicServiceException)?.Body.ToString() ?? broken.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_that_it_leaves_is_charged_for_what_was_produced()
    {
        var account = await Account.OpenAsync(product);
        var pieces = 0;
        // Of the three events before the text the first waits for no gate.
        await product.OpenGateAsync("anthropic-net", 2 + Pieces);
        await foreach (var e in Client(account.Token, new CountingHandler("""{"gate":"anthropic-net"}""")).Messages.CreateStreaming(Request("Go on and on. [[tokens:400]]", maxTokens: 400)))
        {
            pieces += e.TryPickContentBlockDelta(out _) ? 1 : 0;
            if (pieces == Pieces)
            {
                break;
            }
        }
        await account.AssertIsChargedForWhatWasProducedAsync(Slot, Key, Pieces);
    }

    private static MessageCreateParams Request(string prompt = Prompt, int maxTokens = 64, bool withTool = false)
    {
        var request = new MessageCreateParams { Model = "claude-3-5-haiku-20241022", MaxTokens = maxTokens, Messages = [new UserMessageParam(prompt)] };
        if (!withTool)
        {
            return request;
        }
        var city = new Dictionary<string, JsonElement> { ["city"] = JsonSerializer.SerializeToElement(new { type = "string" }) };
        return request with { Tools = [new Tool { Name = "get_weather", InputSchema = new InputSchema { Properties = city } }] };
    }

    private AnthropicClient Client(string token, CountingHandler? handler = null, int? maxRetries = null, string path = "/anthropic") => new()
    {
        ApiKey = token,
        BaseUrl = product.Gateway.ToString().TrimEnd('/') + path,
        HttpClient = new HttpClient(handler ?? new CountingHandler()),
        MaxRetries = maxRetries,
    };
}
