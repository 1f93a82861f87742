using System.Net;
using System.Text.Json.Nodes;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Attacks;

/// <summary>Ways to another account: another token of the project, the same token minted again, a stream that outlives what was held for it.</summary>
public sealed class SharedAccountAttacks(KeyedProduct keyed) : IClassFixture<KeyedProduct>
{
    private readonly Product _product = keyed.Product;

    [Fact]
    [Trait("threat", "spend-12")]
    public async Task However_many_tokens_a_workspace_has_they_spend_one_budget()
    {
        var sub = "ws-shared";
        var first = ForgedTokens.Good(("sub", sub), ("budget", 300), ("jti", "first"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(first));
        var spent = await SpentAsync(sub);
        Assert.InRange(spent, 1, 200);

        // Another id, the same id again, no id at all, another credential: what the first spent is spent for each.
        foreach (var changes in new (string, object?)[][] { [("jti", "second")], [("jti", "first"), ("note", "again")], [], [("credentialId", ""), ("jti", "third")] })
        {
            using var refused = await _product.ChatAsync(ForgedTokens.Good([("sub", sub), ("budget", spent), .. changes]));
            Assert.Equal("budget_exceeded", refused.Headers.GetValues("x-credential-proxy-error").Single());
        }
    }

    [Fact]
    [Trait("threat", "spend-12")]
    public async Task A_token_without_a_budget_does_not_escape_the_limit_of_its_project()
    {
        using var made = await _product.Admin.PostAsync("/api/projects", new StringContent("""{"id":"ws-bound","name":"bound","limits":[{"unit":"requests","limit":3}]}""", System.Text.Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        string[] tokens =
        [
            ForgedTokens.Good(("sub", "ws-bound")),
            ForgedTokens.Good(("sub", "ws-bound"), ("jti", "other"), ("budget", 1_000_000)),
            (string)(await _product.CreateTokenAsync(new { kind = "proxy", project = "ws-bound" }))["token"]!,
            (string)(await _product.CreateTokenAsync(new { kind = "session", project = "ws-bound" }))["token"]!,
        ];
        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < 8; i++)
        {
            statuses.Add(await StatusAsync(tokens[i % tokens.Length]));
        }
        Assert.Equal(3, statuses.Count(status => status == HttpStatusCode.OK));
        Assert.Equal(5, statuses.Count(status => status == HttpStatusCode.TooManyRequests));
    }

    [Fact]
    [Trait("threat", "spend-11")]
    public async Task A_stream_that_outlives_its_reservation_is_charged_once_and_in_full()
    {
        await using var product = await Product.StartAsync(("Ledger:ReservationLifetime", "00:00:01"));
        var token = await product.CreateTokenAsync(new { kind = "proxy", limits = new[] { new { unit = "tokens", limit = 10_000 } } });
        using var stream = await product.ChatAsync((string)token["token"]!, isStream: true, maxTokens: 200, fault: """{"chunkDelayMs":300}""");
        await Product.EventuallyAsync(() => Task.FromResult(product.Host.Ledger.OpenReservations == 0), "the reservation has expired");
        var spent = (long)(await LimitAsync(product, token))["spent"]!;
        Assert.InRange(spent, 200, 400);
        // The stream goes on to its end, which changes nothing.
        Assert.EndsWith("data: [DONE]\n\n", await stream.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await product.NothingIsUnderWayAsync();
        Assert.Equal(spent, (long)(await LimitAsync(product, token))["spent"]!);
        Assert.Equal(1, (long)(await product.UsageAsync($"?token={token["id"]}"))["totals"]!["requests"]!);
    }

    private static async Task<JsonNode> LimitAsync(Product product, JsonNode token) => JsonNode.Parse(await product.Admin.GetStringAsync($"/api/tokens/{token["id"]}"))!["limits"]![0]!;

    private async Task<long> SpentAsync(string sub)
    {
        var totals = (await _product.UsageAsync($"?project={sub}"))["totals"]!;
        return (long)totals["inputTokens"]! + (long)totals["outputTokens"]!;
    }

    private async Task<HttpStatusCode> StatusAsync(string token)
    {
        using var answer = await _product.ChatAsync(token);
        return answer.StatusCode;
    }
}
