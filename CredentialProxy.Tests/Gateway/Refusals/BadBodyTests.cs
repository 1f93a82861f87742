using System.Net;
using System.Text;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Gateway.Refusals;

/// <summary>Bodies that make no sense: refused clearly in the provider's own shape, before anything is held or sent, without an exception anywhere.</summary>
public sealed class BadBodyTests(Product product) : IClassFixture<Product>
{
    // What is wrong with a body whatever the provider; {0} stands for the rest of a good one, without its braces.
    private static readonly string[] Everywhere =
    [
        "", " ", "null", "true", "7", "\"text\"", "[]", "[{}]", "{", "}", "{{}", "{\"a\":}", "{\"a\" 1}", "{,}", "{}{}", "{} trailing", "\u0000", "\uFEFF", "{\"a\":\"\\ud800\\x\"}",
        "{\"a\":01}", "{\"a\":NaN}", "{'a':1}", "{\"a\":1,}", "<html>", "model=gpt-4o", "{\"messages\":[",
    ];

    private static readonly string[] Numbers = ["-1", "-9223372036854775808", "1e308", "1e-5", "0.5", "1.5", "99999999999999999999", "9223372036854775807", "\"64\"", "true", "[]", "{}", "[64]"];

    public static TheoryData<string, string, string> Bodies
    {
        get
        {
            var rows = new TheoryData<string, string, string>();
            foreach (var provider in ProviderCall.Providers)
            {
                var path = ProviderCall.Of(provider).Path;
                foreach (var body in Everywhere)
                {
                    rows.Add(provider, path, body);
                }
                foreach (var number in Numbers)
                {
                    rows.Add(provider, path, WithLimit(provider, number));
                }
            }
            AddOpenAI(rows);
            AddOthers(rows);
            return rows;
        }
    }

    [Theory]
    [Trait("threat", "spend-4")]
    [MemberData(nameof(Bodies))]
    public async Task A_body_that_makes_no_sense_is_refused_and_nothing_is_left_behind(string provider, string path, string body)
    {
        await product.ForgetAsync();
        using var request = product.Post(path, await product.MintAsync(new { unit = "tokens", limit = 1_000_000_000 }), new StringContent(body, Encoding.UTF8, "application/json"));

        using var answer = await product.Client.SendAsync(request);

        await Refused.AssertAsync(answer, provider, HttpStatusCode.BadRequest, "invalid_request_body");
        Assert.Equal("false", answer.Headers.GetValues("x-should-retry").Single());
        Assert.Empty(await product.CapturedAsync());
        Assert.Equal(0, product.Host.Ledger.OpenReservations);
        AssertNothingFailed();
    }

    [Theory]
    [InlineData("openai")]
    [InlineData("anthropic")]
    [InlineData("openrouter")]
    [InlineData("gemini")]
    public async Task A_body_nested_beyond_reason_is_refused(string provider)
    {
        var body = "{\"a\":" + new string('[', 100_000) + new string(']', 100_000) + "}";
        using var request = product.Post(ProviderCall.Of(provider).Path, await product.MintAsync(), new StringContent(body, Encoding.UTF8, "application/json"));
        using var answer = await product.Client.SendAsync(request);
        await Refused.AssertAsync(answer, provider, HttpStatusCode.BadRequest, "invalid_request_body");
        AssertNothingFailed();
    }

    [Theory]
    [Trait("threat", "spend-4")]
    [Trait("threat", "spend-20")]
    [InlineData("openai")]
    [InlineData("anthropic")]
    [InlineData("openrouter")]
    [InlineData("gemini")]
    public async Task An_absurd_output_limit_is_more_than_any_budget_and_refused_as_that(string provider)
    {
        using var request = product.Post(
            ProviderCall.Of(provider).Path, await product.MintAsync(new { unit = "tokens", limit = 1_000_000 }), new StringContent(WithLimit(provider, "1000000000000"), Encoding.UTF8, "application/json"));
        using var answer = await product.Client.SendAsync(request);
        await Refused.AssertAsync(answer, provider, HttpStatusCode.TooManyRequests, "budget_exceeded");
        Assert.Equal(0, product.Host.Ledger.OpenReservations);
        AssertNothingFailed();
    }

    [Theory]
    [InlineData("openai")]
    [InlineData("anthropic")]
    [InlineData("openrouter")]
    [InlineData("gemini")]
    public async Task A_compressed_body_is_refused_as_what_it_is(string provider)
    {
        using var request = product.Post(ProviderCall.Of(provider).Path, await product.MintAsync(), new StringContent("nothing", Encoding.UTF8, "application/json"));
        request.Content!.Headers.ContentEncoding.Add("gzip");
        using var answer = await product.Client.SendAsync(request);
        await Refused.AssertAsync(answer, provider, HttpStatusCode.UnsupportedMediaType, "unsupported_content_encoding");
        AssertNothingFailed();
    }

    private static void AddOpenAI(TheoryData<string, string, string> rows)
    {
        foreach (var provider in new[] { "openai", "openrouter" })
        {
            var path = ProviderCall.Of(provider).Path;
            foreach (var body in new[]
            {
                """{"messages":[{"role":"user","content":"Hi"}]}""", """{"model":null,"messages":[]}""", """{"model":"","messages":[]}""", """{"model":7,"messages":[]}""",
                """{"model":["gpt-4o"],"messages":[]}""", """{"model":"gpt-4o","model":"gpt-5","messages":[]}""", """{"model":"gpt-4o","stream":"yes","messages":[]}""",
                """{"model":"gpt-4o","stream":1,"messages":[]}""", """{"model":"gpt-4o","n":0,"messages":[]}""", """{"model":"gpt-4o","n":-1,"messages":[]}""",
                """{"model":"gpt-4o","n":1e9,"messages":[]}""", """{"model":"gpt-4o","n":"2","messages":[]}""", """{"model":"gpt-4o","max_completion_tokens":-5,"messages":[]}""",
                """{"model":"gpt-4o","stream":true,"stream_options":"usage","messages":[]}""", """{"model":"gpt-4o","max_tokens":5,"max_tokens":500000,"messages":[]}""",
            })
            {
                rows.Add(provider, path, body);
            }
        }
        rows.Add("openai", "/openai/v1/responses", """{"input":"Hi"}""");
        rows.Add("openai", "/openai/v1/responses", """{"model":"gpt-4o","input":"Hi","max_output_tokens":"many"}""");
        rows.Add("openai", "/openai/v1/embeddings", """{"input":"Hi"}""");
        rows.Add("openai", "/openai/v1/completions", """{"model":"gpt-4o","prompt":"Hi","best_of":-2}""");
        rows.Add("openai", "/gemini/v1beta/openai/chat/completions", """{"messages":[]}""");
    }

    private static void AddOthers(TheoryData<string, string, string> rows)
    {
        const string Messages = "/anthropic/v1/messages";
        rows.Add("anthropic", Messages, """{"model":"claude-sonnet-4-5","messages":[]}""");
        rows.Add("anthropic", Messages, """{"max_tokens":64,"messages":[]}""");
        rows.Add("anthropic", Messages, """{"model":{},"max_tokens":64,"messages":[]}""");
        rows.Add("anthropic", Messages, """{"model":"claude-sonnet-4-5","max_tokens":null,"messages":[]}""");
        rows.Add("anthropic", Messages, """{"model":"claude-sonnet-4-5","max_tokens":64,"stream":"true","messages":[]}""");
        rows.Add("anthropic", Messages, """{"model":"claude-sonnet-4-5","max_tokens":64,"thinking":{"type":"enabled","budget_tokens":-1},"messages":[]}""");
        rows.Add("anthropic", "/openrouter/api/v1/messages", """{"model":"anthropic/claude-sonnet-4.5","messages":[]}""");
        const string Generate = "/gemini/v1beta/models/gemini-2.5-pro:generateContent";
        rows.Add("gemini", Generate, """{"model":"models/gemini-2.5-flash","contents":[]}""");
        rows.Add("gemini", Generate, """{"contents":[],"generationConfig":{"candidateCount":-3}}""");
        rows.Add("gemini", Generate, """{"contents":[],"generationConfig":{"candidateCount":1e400}}""");
        rows.Add("gemini", Generate, """{"contents":[],"generationConfig":{"thinkingConfig":{"thinkingBudget":"much"}}}""");
        rows.Add("gemini", "/gemini/v1beta/models/gemini-embedding-001:embedContent", "[]");
    }

    private static string WithLimit(string provider, string number) => provider switch
    {
        "gemini" => $$$"""{"contents":[{"role":"user","parts":[{"text":"Hi"}]}],"generationConfig":{"maxOutputTokens":{{{number}}}}}""",
        "anthropic" => $$"""{"model":"claude-sonnet-4-5","messages":[{"role":"user","content":"Hi"}],"max_tokens":{{number}}}""",
        _ => $$"""{"model":"openai/gpt-4o-mini","messages":[{"role":"user","content":"Hi"}],"max_tokens":{{number}}}""",
    };

    private void AssertNothingFailed() => Assert.DoesNotContain(
        product.Log,
        line => line.StartsWith("Error", StringComparison.Ordinal) || line.StartsWith("Critical", StringComparison.Ordinal) || line.Contains("Exception", StringComparison.Ordinal));
}
