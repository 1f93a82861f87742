using System.Text.Json.Nodes;
using CredentialProxy.Tests.Admin;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Gateway;

/// <summary>A price that is set over the API holds for the next request, and not for one that is under way.</summary>
public sealed class StoredPriceTests(Product product) : IClassFixture<Product>
{
    private const string Body = """{"model":"gpt-4o-mini","max_tokens":64,"messages":[{"role":"user","content":"Hello"}]}""";

    [Fact]
    public async Task The_next_request_costs_what_was_set_and_so_does_a_quote()
    {
        using var admin = ControlCalls.AdminOf(product);
        var token = await product.CreateTokenAsync(new { kind = "proxy", limits = new[] { new { unit = "usd", limit = 1000, window = "lifetime" } } });
        Assert.InRange(await CostAsync(token), 1, 100);
        var quoted = (decimal)(await QuoteAsync(admin, token))["usd"]!;

        var price = await admin.CreateAsync("/api/prices", new { provider = "openai", match = new[] { "gpt-4o-mini" }, input = 0, output = 1000 });
        var record = await RecordAsync(token);
        Assert.Equal(1000 * record.OutputTokens, record.CostMicroUsd);
        // 64 tokens of output at a dollar for a thousand.
        Assert.Equal(0.064m, (decimal)(await QuoteAsync(admin, token))["usd"]!);

        await admin.SendAsync("PUT", $"/api/prices/{price["id"]}", new { provider = "openai", match = new[] { "gpt-4o*" }, input = 0, output = 3000 });
        record = await RecordAsync(token);
        Assert.Equal(3000 * record.OutputTokens, record.CostMicroUsd);

        await admin.SendAsync("DELETE", $"/api/prices/{price["id"]}");
        Assert.InRange(await CostAsync(token), 1, 100);
        Assert.Equal(quoted, (decimal)(await QuoteAsync(admin, token))["usd"]!);
        product.AssertNothingFailed();
    }

    [Fact]
    public async Task One_that_is_under_way_is_settled_by_the_price_that_it_was_reserved_by()
    {
        using var admin = ControlCalls.AdminOf(product);
        // What it costs later would be more than there ever was.
        var token = await product.CreateTokenAsync(new { kind = "proxy", limits = new[] { new { unit = "usd", limit = 0.5, window = "lifetime" } } });
        var price = await admin.CreateAsync("/api/prices", new { provider = "openai", match = new[] { "gpt-4o-mini" }, input = 0, output = 100 });
        var gate = Guid.NewGuid().ToString("n");
        using (var answer = await product.ChatAsync((string)token["token"]!, "[[tokens:30]]", isStream: true, fault: $$"""{"gate":"{{gate}}"}"""))
        {
            using var events = await EventReader.OfAsync(answer);
            await admin.SendAsync("PUT", $"/api/prices/{price["id"]}", new { provider = "openai", match = new[] { "gpt-4o-mini" }, input = 0, output = 1_000_000 });
            await product.OpenGateAsync(gate, 1000);
            await events.RestAsync();
        }
        var record = Assert.Single(await product.RecordsAsync(token));
        Assert.Equal((30, 3000), (record.OutputTokens, record.CostMicroUsd));
        // The next one is judged by the new price, which is beyond its limit.
        Assert.Equal("budget_exceeded", (await product.AskAsync((string)token["token"]!, "POST /openai/v1/chat/completions", Body)).Code);
        await admin.SendAsync("DELETE", $"/api/prices/{price["id"]}");
    }

    private static Task<JsonNode> QuoteAsync(ControlCalls admin, JsonNode token) => QuoteAsync(admin, new { tokenId = (string)token["id"]!, path = "/openai/v1/chat/completions", body = JsonNode.Parse(Body) });

    private static async Task<JsonNode> QuoteAsync(ControlCalls admin, object request) => (await admin.SendAsync("POST", "/api/quote", request)).Json;

    private async Task<long> CostAsync(JsonNode token) => (await RecordAsync(token)).CostMicroUsd;

    private async Task<Core.Storage.UsageRow> RecordAsync(JsonNode token)
    {
        var before = (await product.RecordsAsync(token)).Select(record => record.RequestId).ToHashSet(StringComparer.Ordinal);
        using var answer = await product.ChatAsync((string)token["token"]!);
        answer.EnsureSuccessStatusCode();
        return (await product.RecordsAsync(token)).Single(record => !before.Contains(record.RequestId));
    }
}
