using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Clients;

/// <summary>The official SDKs for JavaScript, unmodified, through the running product.</summary>
public sealed class NodeClientTests(Product product) : IClassFixture<Product>
{
    private static readonly string Scripts = Path.Combine(Path.GetDirectoryName(Here())!, "node");

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
        await product.ForgetAsync();
        var token = await product.CreateTokenAsync(new { kind = "proxy", limits = new[] { new { unit = "tokens", limit = 10_000_000 } } });

        await RunAsync(script, steps, (string)token["token"]!);

        var usage = (await product.UsageAsync($"?token={token["id"]}"))["totals"]!;
        var (_, input, output) = await product.ProducedAsync();
        Assert.Equal((input, output), ((long)usage["inputTokens"]!, (long)usage["outputTokens"]!));
        Assert.True(output > 0);
        foreach (var request in await product.CapturedAsync())
        {
            Assert.Equal(key, (string?)request!["headers"]![slot]);
            Assert.DoesNotContain((string)token["token"]!, request.ToJsonString(), StringComparison.Ordinal);
        }
        Assert.Equal(0, product.Host.Ledger.OpenReservations);
    }

    [Theory]
    [InlineData("openai")]
    [InlineData("anthropic-0")]
    [InlineData("anthropic-1")]
    [InlineData("gemini")]
    [InlineData("openrouter")]
    public async Task A_refusal_is_the_client_s_own_typed_exception(string script)
    {
        await product.ForgetAsync();
        await RunAsync(script, "errors", await product.MintAsync());
        Assert.Empty(await product.CapturedAsync());
        Assert.Equal(0, product.Host.Ledger.OpenReservations);
    }

    [Theory]
    [InlineData("openai")]
    [InlineData("anthropic-0")]
    [InlineData("anthropic-1")]
    [InlineData("gemini")]
    [InlineData("openrouter")]
    public async Task A_stream_that_the_gateway_has_to_end_is_the_client_s_own_exception(string script)
    {
        await RunAsync(script, "brokenStream", await product.MintAsync());
        await product.NothingIsHeldAsync();
    }

    [Theory]
    [InlineData("openai")]
    [InlineData("anthropic-0")]
    [InlineData("anthropic-1")]
    [InlineData("gemini")]
    [InlineData("openrouter")]
    public async Task A_stream_cut_by_the_client_is_charged_for_what_was_produced(string script)
    {
        await product.ForgetAsync();
        var token = await product.CreateTokenAsync(new { kind = "proxy", limits = new[] { new { unit = "tokens", limit = 10_000_000 } } });

        await RunAsync(script, "abort", (string)token["token"]!);

        JsonNode? usage = null;
        await Product.EventuallyAsync(
            async () => (long)(usage = (await product.UsageAsync($"?token={token["id"]}"))["totals"]!)["requests"]! == 1 && product.Host.Ledger.OpenReservations == 0, "the cut stream is settled");
        var (_, _, produced) = await product.ProducedAsync();
        var charged = (long)usage!["outputTokens"]!;
        Assert.InRange(produced, 8, 200);
        // What was on its way when the client left can't be seen: a few tokens.
        Assert.InRange(charged, produced - 4, (produced * 1.3) + 4);
    }

    private async Task RunAsync(string script, string steps, string token)
    {
        var start = new ProcessStartInfo("node", [script + ".mjs", .. steps.Split(' ')]) { WorkingDirectory = Scripts, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Clear();
        start.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH");
        start.Environment["GATEWAY"] = product.Gateway.ToString().TrimEnd('/');
        start.Environment["TOKEN"] = token;
        start.Environment["SPENT_TOKEN"] = await product.MintAsync(new { unit = "tokens", limit = 0 });
        start.Environment["NARROW_TOKEN"] = (string)(await product.CreateTokenAsync(new { kind = "proxy", models = new[] { "some-other-model*" } }))["token"]!;
        using var node = Process.Start(start)!;
        var output = await node.StandardOutput.ReadToEndAsync();
        var errors = await node.StandardError.ReadToEndAsync();
        await node.WaitForExitAsync();
        Assert.True(node.ExitCode == 0, output + errors);
    }

    private static string Here([CallerFilePath] string path = "") => path;
}
