using System.Net.Http.Json;
using System.Text.Json.Nodes;
using CredentialProxy.Tests.Architecture;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Gateway;

/// <summary>What a provider says of caches and reasoning, followed from its answer to the sums that the control plane shows and the price they have.</summary>
public sealed class MeteringTests(Product product) : IClassFixture<Product>
{
    private const int Output = 40;
    private const int Cached = 10;
    private const int CacheWrite = 5;
    private const int Reasoning = 8;

    private static readonly string Prompt = $"[[tokens:{Output}]] [[cached:{Cached}]] [[cache_write:{CacheWrite}]] [[reasoning:{Reasoning}]]";

    public static TheoryData<string, string, bool> Calls => new()
    {
        { "openai", "/openai/v1/chat/completions", false },
        { "openai", "/openai/v1/chat/completions", true },
        { "openai", "/openai/v1/responses", false },
        { "openai", "/openai/v1/responses", true },
        { "anthropic", "/anthropic/v1/messages", false },
        { "anthropic", "/anthropic/v1/messages", true },
        { "openrouter", "/openrouter/api/v1/chat/completions", false },
        { "openrouter", "/openrouter/api/v1/chat/completions", true },
        { "openrouter", "/openrouter/api/v1/messages", true },
        { "gemini", "/gemini/v1beta/models/gemini-2.5-flash:generateContent", false },
        { "gemini", "/gemini/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse", true },
        { "gemini", "/gemini/v1beta/models/gemini-2.5-flash:streamGenerateContent", true },
        { "gemini", "/gemini/v1beta/openai/chat/completions", true },
    };

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Cached_written_and_reasoning_tokens_arrive_in_the_sums_and_in_the_price(string provider, string path, bool isStream)
    {
        await product.ForgetAsync();
        var token = await product.CreateTokenAsync(new { kind = "proxy" });
        var (model, body) = BodyOf(provider, path, isStream);
        using var request = product.Post(path, (string)token["token"]!, JsonContent.Create(body));

        using var answer = await product.Client.SendAsync(request);

        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        await product.NothingIsHeldAsync();
        var totals = (await product.UsageAsync($"?token={token["id"]}"))["totals"]!;
        var produced = await product.ProducedAsync();
        // Google tells of no tokens that were written to a cache.
        var written = path.Contains("models/", StringComparison.Ordinal) ? 0 : CacheWrite;
        Assert.Equal(
            new JsonObject
            {
                ["requests"] = 1,
                ["inputTokens"] = produced.Input,
                ["outputTokens"] = Output,
                ["cachedInputTokens"] = Cached,
                ["cacheWriteTokens"] = written,
                ["reasoningTokens"] = Reasoning,
                ["usd"] = Usd(provider, model, path, produced.Input, written),
            }.ToJsonString(),
            totals.ToJsonString());
    }

    private static (string Model, JsonObject Body) BodyOf(string provider, string path, bool isStream)
    {
        if (path.EndsWith("/responses", StringComparison.Ordinal))
        {
            return ("gpt-5", new JsonObject { ["model"] = "gpt-5", ["input"] = Prompt, ["stream"] = isStream });
        }
        var isGoogles = path.Contains("/models/", StringComparison.Ordinal);
        var body = ProviderCall.Of(isGoogles ? "gemini" : provider == "gemini" ? "openai" : provider).Body(Prompt, 64, isStream);
        if (isGoogles)
        {
            return ("gemini-2.5-flash", body);
        }
        if (provider == "gemini")
        {
            body["model"] = "gemini-2.5-flash";
        }
        return ((string)body["model"]!, body);
    }

    private static bool Matches(string pattern, string model) => pattern.EndsWith('*') ? model.StartsWith(pattern[..^1], StringComparison.Ordinal) : pattern == model;

    // By hand, from the table's own figures: dollars for a million tokens are micro-dollars for one, and what is charged is rounded up once.
    private static decimal Usd(string provider, string model, string path, long input, int written)
    {
        if (provider == "openrouter" && path.EndsWith("completions", StringComparison.Ordinal))
        {
            // What OpenRouter says that it costs: the mock takes two dollars for a million tokens.
            return (input + Output) * 2 / 1_000_000m;
        }
        var price = JsonNode.Parse(Repository.Read("CredentialProxy.Core/Pricing/prices.json"))!["models"]!.AsArray()
            .First(entry => (string)entry!["provider"]! == provider && entry["match"]!.AsArray().Any(pattern => Matches((string)pattern!, model)))!;
        var rate = (decimal)price["input"]!;
        var micro = ((input - Cached - written) * rate) + (Cached * (decimal)price["cachedInput"]!) + (written * WriteRate(provider, price)) + (Output * (decimal)price["output"]!);
        return Math.Ceiling(micro) / 1_000_000m;
    }

    // Where the table does not say what writing to a cache costs, it is what reading costs, and a quarter more where models of Anthropic's may be behind the name.
    private static decimal WriteRate(string provider, JsonNode price) => (decimal?)price["cacheWrite"] ?? (decimal)price["input"]! * (provider == "openrouter" ? 1.25m : 1);
}
