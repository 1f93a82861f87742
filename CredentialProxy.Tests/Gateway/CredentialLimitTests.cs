using System.Net;
using System.Text.Json.Nodes;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Gateway;

/// <summary>Limits on a provider's key: they hold over all tokens, and while another key of the provider has room, it is taken.</summary>
public sealed class CredentialLimitTests(Pool pool) : IClassFixture<Pool>
{
    private readonly Product _product = pool.Product;

    [Fact]
    public async Task A_key_that_is_used_up_is_passed_over_and_all_of_them_used_up_is_refused()
    {
        var provider = pool.Next();
        var first = await pool.AddAsync(provider, "sk-first", new { unit = "requests", limit = 1, window = "day" });
        var second = await pool.AddAsync(provider, "sk-second", new { unit = "requests", limit = 3, window = "day" });

        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < 6; i++)
        {
            // Each with a token of its own: the limit is the key's.
            using var answer = await pool.ChatAsync(provider, await _product.MintAsync());
            statuses.Add(answer.StatusCode);
            if (answer.StatusCode != HttpStatusCode.OK)
            {
                await Refused.AssertAsync(answer, "openai", HttpStatusCode.TooManyRequests, "rate_limit_exceeded");
                Assert.StartsWith("The credential's limit", (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["error"]!["message"]!, StringComparison.Ordinal);
            }
        }

        Assert.Equal([.. Enumerable.Repeat(HttpStatusCode.OK, 4), HttpStatusCode.TooManyRequests, HttpStatusCode.TooManyRequests], statuses);
        Assert.Equal(["sk-first", "sk-second", "sk-second", "sk-second"], await pool.KeysAsync(provider));
        Assert.Equal((1, 3), (await pool.SpentAsync(first), await pool.SpentAsync(second)));
    }

    [Theory]
    [InlineData("tokens", 500)]
    // Of a provider that is in no price list: 180 dollars for a million tokens of output.
    [InlineData("usd", 0.05)]
    public async Task A_key_whose_budget_a_request_does_not_fit_is_passed_over(string unit, decimal limit)
    {
        var provider = pool.Next();
        var narrow = await pool.AddAsync(provider, "sk-narrow", new { unit, limit });
        await pool.AddAsync(provider, "sk-wide", new { unit, limit = limit * 1000 });
        var token = await _product.MintAsync();
        foreach (var tokens in new[] { 20, 20, 600, 600, 20, 20 })
        {
            using var answer = await pool.ChatAsync(provider, token, tokens);
            Assert.True(answer.StatusCode == HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        }
        // In turn, but for the two that only one has room for.
        Assert.Equal(["sk-narrow", "sk-wide", "sk-wide", "sk-wide", "sk-narrow", "sk-wide"], await pool.KeysAsync(provider));
        Assert.InRange(await pool.SpentAsync(narrow), limit / 1000, limit);
    }

    [Fact]
    public async Task Many_at_once_spend_no_more_of_each_key_than_it_has()
    {
        var provider = pool.Next();
        await pool.AddAsync(provider, "sk-five", new { unit = "requests", limit = 5 });
        await pool.AddAsync(provider, "sk-seven", new { unit = "requests", limit = 7 });
        var token = await _product.MintAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => pool.ChatAsync(provider, token)));
        Assert.Equal(12, answers.Count(answer => answer.StatusCode == HttpStatusCode.OK));
        var keys = await pool.KeysAsync(provider);
        Assert.Equal((5, 7), (keys.Count(key => key == "sk-five"), keys.Count(key => key == "sk-seven")));
        await _product.NothingIsHeldAsync();
        foreach (var answer in answers)
        {
            answer.Dispose();
        }
    }

    [Fact]
    public async Task A_token_that_names_its_key_has_no_other()
    {
        var provider = pool.Next();
        var named = await pool.AddAsync(provider, "sk-named", new { unit = "requests", limit = 1 });
        await pool.AddAsync(provider, "sk-other");
        var token = (string)(await _product.CreateTokenAsync(new { kind = "proxy", credential = named }))["token"]!;
        using var served = await pool.ChatAsync(provider, token);
        using var refused = await pool.ChatAsync(provider, token);
        Assert.Equal(HttpStatusCode.OK, served.StatusCode);
        await Refused.AssertAsync(refused, "openai", HttpStatusCode.TooManyRequests, "rate_limit_exceeded");
        Assert.Equal(["sk-named"], await pool.KeysAsync(provider));
    }

    [Fact]
    public async Task What_a_token_itself_lacks_costs_no_key_anything()
    {
        var provider = pool.Next();
        var first = await pool.AddAsync(provider, "sk-first", new { unit = "requests", limit = 10 });
        var second = await pool.AddAsync(provider, "sk-second", new { unit = "requests", limit = 10 });
        var token = await _product.MintAsync(new { unit = "requests", limit = 1 });
        using var served = await pool.ChatAsync(provider, token);
        using var refused = await pool.ChatAsync(provider, token);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.TooManyRequests), (served.StatusCode, refused.StatusCode));
        Assert.StartsWith("The token's limit", (string)JsonNode.Parse(await refused.Content.ReadAsStringAsync())!["error"]!["message"]!, StringComparison.Ordinal);
        Assert.Equal((1, 0), (await pool.SpentAsync(first), await pool.SpentAsync(second)));
    }
}
