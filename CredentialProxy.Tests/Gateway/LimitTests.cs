using System.Net;
using System.Text.Json.Nodes;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Gateway;

/// <summary>Limits as a client meets them: exact, whatever it tries at once.</summary>
public sealed class LimitTests(Product product) : IClassFixture<Product>
{
    [Fact]
    [Trait("threat", "spend-1")]
    [Trait("threat", "fault-2")]
    public async Task Two_hundred_requests_at_once_on_a_budget_for_one_let_one_through()
    {
        await product.ForgetAsync();
        // A budget that the worst case of one request fits, and of two does not.
        const int Budget = 400;
        var token = await product.MintAsync(new { unit = "tokens", limit = Budget });
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => product.ChatAsync(token, "Hello", maxTokens: 250)));
        var (_, input, output) = await product.ProducedAsync();
        Assert.True(input + output <= Budget, $"{input + output} tokens on a budget of {Budget}");
        Assert.Contains(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        Assert.All(answers.Where(answer => answer.StatusCode != HttpStatusCode.OK), answer => Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode));
        await product.NothingIsHeldAsync();
        foreach (var answer in answers)
        {
            answer.Dispose();
        }
    }

    [Fact]
    [Trait("threat", "fault-3")]
    public async Task Two_small_calls_on_a_small_budget_both_pass_at_once()
    {
        // Less than a flat reservation of some thousand tokens, and room for two of what is asked.
        var token = await product.MintAsync(new { unit = "tokens", limit = 500 });
        using var open = await product.ChatAsync(token, "Hello", isStream: true, maxTokens: 64, fault: """{"gate":"two-small-calls"}""");
        using var second = await product.ChatAsync(token, "Hello", maxTokens: 64);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (open.StatusCode, second.StatusCode));
        await product.OpenGateAsync("two-small-calls", 100);
        Assert.EndsWith("data: [DONE]\n\n", await open.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("threat", "spend-11")]
    public async Task A_stream_that_outlives_its_budget_is_charged_and_nothing_follows_it()
    {
        var token = await product.CreateTokenAsync(new { kind = "proxy", limits = new[] { new { unit = "tokens", limit = 1_000 } } });
        using var open = await product.ChatAsync((string)token["token"]!, "[[tokens:64]]", isStream: true, fault: """{"gate":"lowered"}""");
        using var lowered = await product.Admin.PatchAsync($"/api/tokens/{token["id"]}", Json("""{"limits":[{"unit":"tokens","limit":10}]}"""));
        Assert.True(lowered.IsSuccessStatusCode);

        using var refused = await product.ChatAsync((string)token["token"]!, maxTokens: 1);
        Assert.Equal("budget_exceeded", refused.Headers.GetValues("x-credential-proxy-error").Single());
        await product.OpenGateAsync("lowered", 200);
        await open.Content.ReadAsStringAsync();

        Assert.Equal(64, (await product.SettledAsync(token)).Output);
        Assert.InRange((long)JsonNode.Parse(await product.Admin.GetStringAsync($"/api/tokens/{token["id"]}"))!["limits"]![0]!["spent"]!, 64, 200);
        using var still = await product.ChatAsync((string)token["token"]!, maxTokens: 1);
        Assert.Equal("budget_exceeded", still.Headers.GetValues("x-credential-proxy-error").Single());
    }

    [Fact]
    public async Task A_spent_budget_is_final_and_says_so()
    {
        var token = await product.MintAsync(new { unit = "tokens", limit = 0 });
        using var answer = await product.ChatAsync(token);
        Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode);
        Assert.Equal("budget_exceeded", answer.Headers.GetValues("x-credential-proxy-error").Single());
        Assert.Equal("false", answer.Headers.GetValues("x-should-retry").Single());
        Assert.Null(answer.Headers.RetryAfter);
    }

    public static MatrixTheoryData<string, string, string> CalendarLimits => new(ProviderCall.Providers, ["day", "month"], ["tokens", "requests"]);

    [Theory]
    [MemberData(nameof(CalendarLimits))]
    [Trait("threat", "fault-10")]
    public async Task A_budget_that_is_spent_for_longer_than_a_client_waits_is_final_and_says_until_when(string provider, string window, string unit)
    {
        var token = await product.MintAsync(new { unit, limit = unit == "tokens" ? 400 : 1, window });
        using var first = await product.CallAsync(provider, token, "[[tokens:250]]", maxTokens: 250);
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);

        using var spent = await product.CallAsync(provider, token, maxTokens: 250);

        await Refused.AssertAsync(spent, provider, HttpStatusCode.TooManyRequests, unit == "tokens" ? "budget_exceeded" : "rate_limit_exceeded");
        var wait = spent.Headers.RetryAfter!.Delta!.Value;
        Assert.InRange(wait, TimeSpan.FromSeconds(1), TimeSpan.FromDays(31));
        // In the last minute of a day it is worth waiting.
        var isFinal = wait > TimeSpan.FromMinutes(1);
        Assert.Equal(isFinal ? ["false"] : [], spent.Headers.TryGetValues("x-should-retry", out var values) ? values : []);
        Assert.Equal(isFinal && provider == "gemini", (await spent.Content.ReadAsStringAsync()).Contains("google.rpc.QuotaFailure", StringComparison.Ordinal));
    }

    [Fact]
    [Trait("threat", "fault-17")]
    public async Task A_rate_limit_says_when_to_come_back()
    {
        var token = await product.MintAsync(new { unit = "requests", limit = 2, window = "minute" });
        using var first = await product.ChatAsync(token);
        using var second = await product.ChatAsync(token);
        using var third = await product.ChatAsync(token);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.TooManyRequests), (first.StatusCode, second.StatusCode, third.StatusCode));
        Assert.Equal("rate_limit_exceeded", third.Headers.GetValues("x-credential-proxy-error").Single());
        Assert.InRange(third.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 63);
        Assert.False(third.Headers.Contains("x-should-retry"));
    }

    [Fact]
    public async Task Concurrency_counts_open_streams_and_is_free_when_they_end()
    {
        var token = await product.MintAsync(new { unit = "concurrent", limit = 1 });
        using (var open = await product.ChatAsync(token, isStream: true, fault: """{"chunkDelayMs":10000}"""))
        {
            Assert.Equal(HttpStatusCode.OK, open.StatusCode);
            using var refused = await product.ChatAsync(token);
            Assert.Equal("concurrency_limit_exceeded", refused.Headers.GetValues("x-credential-proxy-error").Single());
        }
        await Product.EventuallyAsync(
            async () =>
            {
                using var answer = await product.ChatAsync(token);
                return answer.StatusCode == HttpStatusCode.OK;
            },
            "the stream's place is free");
    }

    [Fact]
    public async Task The_remaining_headers_and_the_api_tell_what_is_left()
    {
        var token = await product.CreateTokenAsync(new { kind = "proxy", limits = new object[] { new { unit = "tokens", limit = 100_000 }, new { unit = "usd", limit = 1.5, window = "day" } } });
        using var answer = await product.ChatAsync((string)token["token"]!);
        Assert.InRange(long.Parse(answer.Headers.GetValues("x-credential-proxy-remaining-tokens").Single(), System.Globalization.CultureInfo.InvariantCulture), 99_000, 99_999);
        Assert.StartsWith("1.4", answer.Headers.GetValues("x-credential-proxy-remaining-usd").Single(), StringComparison.Ordinal);
        var limits = JsonNode.Parse(await product.Admin.GetStringAsync($"/api/tokens/{token["id"]}"))!["limits"]!;
        var produced = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["usage"]!["total_tokens"]!;
        Assert.Equal((long)produced, (long)limits[0]!["spent"]!);
        Assert.Equal(100_000 - (long)produced, (long)limits[0]!["remaining"]!);
    }

    [Fact]
    [Trait("threat", "fault-8")]
    public async Task A_project_s_limit_holds_over_all_its_tokens()
    {
        var project = JsonNode.Parse(await (await product.Admin.PostAsync("/api/projects", Json("""{"name":"shared budget","limits":[{"unit":"requests","limit":3}]}"""))).Content.ReadAsStringAsync())!;
        var tokens = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            tokens.Add((string)(await product.CreateTokenAsync(new { kind = "proxy", project = (string)project["id"]! }))["token"]!);
        }
        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < 6; i++)
        {
            using var answer = await product.ChatAsync(tokens[i % 3]);
            statuses.Add(answer.StatusCode);
        }
        Assert.Equal(3, statuses.Count(status => status == HttpStatusCode.OK));
    }

    [Fact]
    public async Task What_an_abandoned_upstream_call_may_have_cost_is_charged_in_full()
    {
        var token = await product.CreateTokenAsync(new { kind = "proxy", limits = new[] { new { unit = "tokens", limit = 1_000 } } });
        using var answer = await product.ChatAsync((string)token["token"]!, maxTokens: 200, fault: """{"reset":true}""");
        Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
        var spent = (long)JsonNode.Parse(await product.Admin.GetStringAsync($"/api/tokens/{token["id"]}"))!["limits"]![0]!["spent"]!;
        Assert.InRange(spent, 200, 400);
    }

    [Fact]
    public async Task An_upstream_error_costs_nothing()
    {
        var token = await product.CreateTokenAsync(new { kind = "proxy", limits = new[] { new { unit = "tokens", limit = 1_000 } } });
        using var answer = await product.ChatAsync((string)token["token"]!, fault: """{"status":500}""");
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Equal(0, (long)JsonNode.Parse(await product.Admin.GetStringAsync($"/api/tokens/{token["id"]}"))!["limits"]![0]!["spent"]!);
    }

    private static StringContent Json(string text) => new(text, System.Text.Encoding.UTF8, "application/json");
}
