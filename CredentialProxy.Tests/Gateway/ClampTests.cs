using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Gateway;

/// <summary>Where an operator would rather have a shorter answer than none: the output limit is lowered to what is left, nothing else of the body is touched, and the limit holds.</summary>
public sealed class ClampTests(ClampTests.Clamping clamping) : IClassFixture<ClampTests.Clamping>
{
    private const int Budget = 600;

    private readonly Product _product = clamping.Product;

    // Odd spaces, so that a body that was written anew would show it.
    public static TheoryData<string, string, string> Bodies => new()
    {
        { "openai", "/openai/v1/chat/completions", """{"service_tier":"default","model":"gpt-4o-mini",  "max_tokens": {0}, "messages":[{"role":"user","content":"[[tokens:4000]]"}] }""" },
        { "openai", "/openai/v1/chat/completions", """{"service_tier":"default","model":"gpt-4o-mini",  "max_completion_tokens": {0}, "messages":[{"role":"user","content":"[[tokens:4000]]"}] }""" },
        { "openai", "/openai/v1/responses", """{"service_tier":"default","model":"gpt-4o-mini",  "max_output_tokens": {0}, "input":"[[tokens:4000]]" }""" },
        { "anthropic", "/anthropic/v1/messages", """{"service_tier":"standard_only","model":"claude-sonnet-4-5",  "max_tokens": {0}, "messages":[{"role":"user","content":"[[tokens:4000]]"}] }""" },
        { "openrouter", "/openrouter/api/v1/chat/completions", """{"provider":{"max_price":{"prompt":0.3,"completion":1.2}},"model":"openai/gpt-4o-mini",  "max_tokens": {0}, "messages":[{"role":"user","content":"[[tokens:4000]]"}] }""" },
        { "gemini", "/gemini/v1beta/models/gemini-2.5-flash:generateContent", """{"serviceTier":"standard","contents":[{"parts":[{"text":"[[tokens:4000]]"}]}],  "generationConfig":{ "maxOutputTokens": {0} } }""" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task An_answer_is_kept_to_what_is_left_and_nothing_else_is_changed(string provider, string path, string body)
    {
        await _product.ForgetAsync();
        var token = await _product.CreateTokenAsync(new { kind = "proxy", limits = new[] { new { unit = "tokens", limit = Budget } } });

        using var answer = await PostAsync(path, token, body.Replace("{0}", "4000", StringComparison.Ordinal));

        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        var (_, input, output) = await _product.ProducedAsync();
        // All of the lowered limit was used: the rest of the budget is what the input could have been at most.
        Assert.InRange(output, 100, Budget - 1);
        Assert.Equal(body.Replace("{0}", output.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal), await SentAsync());
        Assert.InRange(input + output, 1, Budget);
        Assert.Equal((1, input, output), await _product.SettledAsync(token));
        await AssertIsUsedUpAsync(provider, path, token, body);
    }

    // Anthropic's messages must state one.
    [Theory]
    [InlineData("/openai/v1/chat/completions", """{"service_tier":"default","model":"gpt-4o-mini", "messages":[{"role":"user","content":"[[tokens:4000]]"}] }""", """ "max_completion_tokens": """)]
    [InlineData("/openai/v1/responses", """{"service_tier":"default","model":"gpt-4o-mini", "input":"[[tokens:4000]]" }""", """ "max_output_tokens": """)]
    [InlineData("/openrouter/api/v1/chat/completions", """{"provider":{"max_price":{"prompt":0.3,"completion":1.2}},"model":"openai/gpt-4o-mini", "messages":[{"role":"user","content":"[[tokens:4000]]"}] }""", """ "max_completion_tokens": """)]
    [InlineData("/gemini/v1beta/models/gemini-2.5-flash:generateContent", """{"serviceTier":"standard","contents":[{"parts":[{"text":"[[tokens:4000]]"}]}] }""", """ "generationConfig":{"maxOutputTokens": """)]
    [InlineData("/gemini/v1beta/models/gemini-2.5-flash:generateContent", """{"serviceTier":"standard","contents":[{"parts":[{"text":"[[tokens:4000]]"}]}], "generationConfig":{ "topK": 3 } }""", """ "maxOutputTokens": """)]
    public async Task A_body_without_a_limit_is_given_one_and_is_else_unchanged(string path, string body, string member)
    {
        await _product.ForgetAsync();
        var token = await _product.CreateTokenAsync(new { kind = "proxy", limits = new[] { new { unit = "tokens", limit = Budget } } });

        using var answer = await PostAsync(path, token, body);

        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        var (_, input, output) = await _product.ProducedAsync();
        Assert.InRange(output, 100, Budget - input);
        var sent = await SentAsync();
        var putIn = $"{member.Trim()}{output}";
        Assert.Contains(putIn, sent, StringComparison.Ordinal);
        // What was put in ends in a comma or, as an object of its own, in its brace first.
        Assert.Equal(body, sent.Replace(putIn + "},", "", StringComparison.Ordinal).Replace(putIn + ",", "", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_tightest_of_several_limits_is_the_one_that_is_kept_to()
    {
        await _product.ForgetAsync();
        var project = await _product.CreateProjectAsync();
        using (var changed = await _product.Admin.PatchAsync($"/api/projects/{project}", Json("""{"limits":[{"unit":"usd","limit":0.00025,"window":"day"},{"unit":"tokens","limit":2000}]}""")))
        {
            changed.EnsureSuccessStatusCode();
        }
        var token = await _product.CreateTokenAsync(new { kind = "proxy", project, limits = new object[] { new { unit = "tokens", limit = 600 }, new { unit = "usd", limit = 0.0005 } } });

        using var answer = await PostAsync("/openai/v1/chat/completions", token, """{"model":"gpt-4o-mini","max_tokens":4000,"messages":[{"role":"user","content":"[[tokens:4000]]"}]}""");

        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        Assert.InRange((decimal)(await _product.UsageAsync($"?token={token["id"]}"))["totals"]!["usd"]!, 0.0001m, 0.00025m);
    }

    [Fact]
    public async Task What_is_left_after_many_at_once_is_never_more_than_there_was()
    {
        await _product.ForgetAsync();
        const int Large = 3000;
        var token = await _product.CreateTokenAsync(new { kind = "proxy", limits = new[] { new { unit = "tokens", limit = Large } } });
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => PostAsync("/openai/v1/chat/completions", token, """{"model":"gpt-4o-mini","max_tokens":900,"messages":[{"role":"user","content":"[[tokens:900]]"}]}""")));
        Assert.All(answers, answer => Assert.Contains(answer.StatusCode, new[] { HttpStatusCode.OK, HttpStatusCode.TooManyRequests }));
        var (_, input, output) = await _product.ProducedAsync();
        Assert.InRange(input + output, Large / 2, Large);
        Assert.Equal((input, output), (await _product.SettledAsync(token)) is var charged ? (charged.Input, charged.Output) : default);
        foreach (var answer in answers)
        {
            answer.Dispose();
        }
    }

    // Each is shorter than the one before, until not even a word fits.
    private async Task AssertIsUsedUpAsync(string provider, string path, JsonNode token, string body)
    {
        for (var i = 0; i < 100; i++)
        {
            using var answer = await PostAsync(path, token, body.Replace("{0}", "4000", StringComparison.Ordinal));
            if (answer.StatusCode != HttpStatusCode.OK)
            {
                await Refused.AssertAsync(answer, provider, HttpStatusCode.TooManyRequests, "budget_exceeded");
                Assert.Equal("false", answer.Headers.GetValues("x-should-retry").Single());
                var (_, input, output) = await _product.ProducedAsync();
                Assert.InRange(input + output, 1, Budget);
                return;
            }
        }
        Assert.Fail("It is never used up.");
    }

    private async Task<string> SentAsync() => (string)Assert.Single(await _product.CapturedAsync(withBodies: true))!["body"]!;

    private async Task<HttpResponseMessage> PostAsync(string path, JsonNode token, string body)
    {
        using var request = _product.Post(path, (string)token["token"]!, Json(body));
        return await _product.Client.SendAsync(request);
    }

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    /// <summary>The product that lowers limits.</summary>
    public sealed class Clamping : IAsyncLifetime
    {
        public Product Product { get; } = new Product().With("Gateway:ClampOutputToRemaining", "true");

        public ValueTask InitializeAsync() => Product.InitializeAsync();

        public ValueTask DisposeAsync() => Product.DisposeAsync();
    }
}
