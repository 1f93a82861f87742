using System.Net;
using System.Net.Http.Json;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Gateway.Slots;

/// <summary>With the provider's name in the path or without, with the version or without: every base URL that a client may have been given leads to the same place.</summary>
public sealed class ProviderPathTests(Product product) : IClassFixture<Product>
{
    private const string Generate = "models/gemini-2.5-flash:generateContent";

    public static TheoryData<string, string, string> Paths => new()
    {
        { "openai", "/openai/v1/chat/completions", "/v1/chat/completions" },
        { "openai", "/openai/chat/completions", "/v1/chat/completions" },
        { "openai", "/v1/chat/completions", "/v1/chat/completions" },
        { "openai", "/chat/completions", "/v1/chat/completions" },
        { "anthropic", "/anthropic/v1/messages", "/v1/messages" },
        { "anthropic", "/anthropic/messages", "/v1/messages" },
        { "anthropic", "/v1/messages", "/v1/messages" },
        { "openrouter", "/openrouter/api/v1/chat/completions", "/api/v1/chat/completions" },
        { "openrouter", "/openrouter/v1/chat/completions", "/api/v1/chat/completions" },
        { "openrouter", "/openrouter/api/chat/completions", "/api/v1/chat/completions" },
        { "openrouter", "/openrouter/chat/completions", "/api/v1/chat/completions" },
        { "openrouter", "/api/v1/chat/completions", "/api/v1/chat/completions" },
        { "gemini", "/gemini/v1beta/" + Generate, "/v1beta/" + Generate },
        { "gemini", "/gemini/v1/" + Generate, "/v1/" + Generate },
        { "gemini", "/gemini/v1alpha/" + Generate, "/v1alpha/" + Generate },
        { "gemini", "/gemini/" + Generate, "/v1beta/" + Generate },
        { "gemini", "/v1beta/" + Generate, "/v1beta/" + Generate },
        { "gemini", "/v1alpha/" + Generate, "/v1alpha/" + Generate },
        { "gemini", "/v1/" + Generate, "/v1/" + Generate },
        { "gemini", "/v1beta/models/gemini-2.5-flash%3AgenerateContent", "/v1beta/" + Generate },
    };

    [Theory]
    [Trait("threat", "fault-20")]
    [MemberData(nameof(Paths))]
    public async Task Every_form_of_a_path_leads_to_its_endpoint(string provider, string path, string upstreamPath)
    {
        await product.ForgetAsync();
        var call = ProviderCall.Of(provider);
        using var request = product.Post(path, await product.MintAsync(), JsonContent.Create(call.Body("Hi", 16, false)));

        using var answer = await product.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var seen = Assert.Single(await product.CapturedAsync())!;
        Assert.Equal((upstreamPath, call.KeyOf(provider)), ((string?)seen["path"], (string?)seen["headers"]![call.Slot]));
    }

    public static TheoryData<string, string, string> OpenAIPathsOfOthers => new()
    {
        { "gemini", "/v1beta/openai/chat/completions", "/v1beta/openai/chat/completions" },
        { "gemini", "/gemini/v1beta/openai/chat/completions", "/v1beta/openai/chat/completions" },
        { "gemini", "/gemini/openai/chat/completions", "/v1beta/openai/chat/completions" },
        // The token's own provider decides where the path alone doesn't tell.
        { "openrouter", "/v1/chat/completions", "/api/v1/chat/completions" },
        { "openrouter", "/chat/completions", "/api/v1/chat/completions" },
    };

    [Theory]
    [MemberData(nameof(OpenAIPathsOfOthers))]
    public async Task OpenAI_s_paths_lead_to_the_provider_that_path_or_token_names(string provider, string path, string upstreamPath)
    {
        await product.ForgetAsync();
        var token = await product.CreateTokenAsync(new { kind = "proxy", providers = new[] { provider } });
        using var request = product.Post(path, (string)token["token"]!, JsonContent.Create(ProviderCall.Of("openai").Body("Hi", 16, false)));

        using var answer = await product.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var seen = Assert.Single(await product.CapturedAsync())!;
        Assert.Equal((upstreamPath, $"Bearer sk-demo-{provider}-key"), ((string?)seen["path"], (string?)seen["headers"]!["authorization"]));
    }

    [Theory]
    [InlineData("2023-06-01", "x-api-key", "sk-demo-anthropic-key")]
    [InlineData("2026-10-21", "authorization", "Bearer sk-demo-anthropic-key")]
    [InlineData("2027-01-01", "authorization", "Bearer sk-demo-anthropic-key")]
    public async Task Anthropic_s_version_header_names_the_provider_and_the_slot(string version, string slot, string key)
    {
        await product.ForgetAsync();
        using var request = product.Post("/messages", await product.MintAsync(), JsonContent.Create(ProviderCall.Of("anthropic").Body("Hi", 16, false)));
        request.Headers.Add("anthropic-version", version);

        using var answer = await product.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var seen = Assert.Single(await product.CapturedAsync())!["headers"]!.AsObject();
        Assert.Equal((key, version), ((string?)seen[slot], (string?)seen["anthropic-version"]));
        Assert.Single(seen, header => header.Value!.ToString().Contains("sk-demo", StringComparison.Ordinal));
    }
}
