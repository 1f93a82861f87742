using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Clients;

/// <summary>The official SDKs for JavaScript, unmodified, through the running product.</summary>
public sealed class NodeClientTests(Product product) : IClassFixture<Product>
{
    public static TheoryData<string, string, string, string> Clients => new()
    {
        { "openai", "plain wellKnownPath streamed streamedWithUsage tools responses embeddings models upstreamError", "authorization", "Bearer sk-demo-openai-key" },
        { "anthropic-0", "plain wellKnownPath authToken streamed tools countTokens models upstreamError", "x-api-key", "sk-demo-anthropic-key" },
        { "anthropic-1", "plain wellKnownPath authToken streamed tools countTokens models upstreamError", "authorization", "Bearer sk-demo-anthropic-key" },
        { "gemini", "plain wellKnownPath streamed jsonArrayStream tools embeddings countTokens upstreamError", "x-goog-api-key", "sk-demo-gemini-key" },
        { "gemini", "openAISurface", "authorization", "Bearer sk-demo-gemini-key" },
        { "openrouter", "plain streamed tools upstreamError", "authorization", "Bearer sk-demo-openrouter-key" },
    };

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task An_unmodified_client_works_and_is_metered_to_the_token(string script, string steps, string slot, string key)
    {
        var account = await Account.OpenAsync(product);
        await RunAsync(script, steps, account.Token);
        await account.AssertIsExactAsync(slot, key);
    }

    [Theory]
    [InlineData("openai")]
    [InlineData("anthropic-0")]
    [InlineData("anthropic-1")]
    [InlineData("gemini")]
    [InlineData("openrouter")]
    public async Task A_refusal_is_the_client_s_own_typed_exception_and_so_is_a_stream_that_the_gateway_has_to_end(string script)
    {
        var spentToday = await product.MintAsync(new { unit = "tokens", limit = 400, window = "day" });
        using (await product.ChatAsync(spentToday, "[[tokens:250]]", maxTokens: 250))
        {
        }
        await product.ForgetAsync();
        await RunAsync(script, "errors brokenStream", await product.MintAsync(), spentToday);
        // Of what was refused nothing went upstream; the broken streams asked for their fault.
        Assert.All(await product.CapturedAsync(), seen => Assert.NotNull(seen!["headers"]!["x-mock-fault"]));
        await product.NothingIsHeldAsync();
    }

    [Theory]
    [InlineData("openai", 1, "authorization", "Bearer sk-demo-openai-key")]
    [InlineData("anthropic-0", 3, "x-api-key", "sk-demo-anthropic-key")]
    [InlineData("anthropic-1", 3, "authorization", "Bearer sk-demo-anthropic-key")]
    [InlineData("gemini", 0, "x-goog-api-key", "sk-demo-gemini-key")]
    [InlineData("openrouter", 1, "authorization", "Bearer sk-demo-openrouter-key")]
    public async Task A_stream_cut_by_the_client_is_charged_for_what_was_produced(string script, int eventsBeforeText, string slot, string key)
    {
        const int Pieces = 9;
        var account = await Account.OpenAsync(product);
        // The first event waits for no gate.
        await product.OpenGateAsync("abort", eventsBeforeText + Pieces - 1);
        await RunAsync(script, "abort", account.Token);
        await account.AssertIsChargedForWhatWasProducedAsync(slot, key, Pieces);
    }

    private async Task RunAsync(string script, string steps, string token, string spentToday = "") => await NodeScript.RunAsync(
        script, steps, product.Gateway, ("TOKEN", token), ("SPENT_TOKEN", await product.MintAsync(new { unit = "tokens", limit = 0 })), ("SPENT_TODAY_TOKEN", spentToday),
        ("NARROW_TOKEN", (string)(await product.CreateTokenAsync(new { kind = "proxy", models = new[] { "some-other-model*" } }))["token"]!));
}
