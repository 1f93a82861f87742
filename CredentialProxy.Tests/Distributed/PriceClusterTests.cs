using System.Diagnostics;
using System.Text.Json.Nodes;
using CredentialProxy.Gateway.Hosting;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Distributed;

/// <summary>Prices at many gateways: set over the API, in force everywhere, and put back when Redis has lost them.</summary>
public sealed class PriceClusterTests
{
    [Fact]
    public async Task A_price_holds_at_every_gateway_and_outlives_the_loss_of_redis()
    {
        await using var cluster = await RunningCluster.StartAsync(gateways: 2);
        await cluster.ControlAsync(HttpMethod.Post, "/api/credentials", new { provider = "openai", label = "l", secret = "sk-any" });
        var token = await cluster.ControlAsync(HttpMethod.Post, "/api/tokens", new { kind = "proxy", limits = new[] { new { unit = "usd", limit = 1000, window = "lifetime" } } });
        var price = await cluster.ControlAsync(HttpMethod.Post, "/api/prices", new { provider = "openai", match = new[] { "gpt-4o-mini" }, input = 0, output = 1000 });
        await AssertInForceAsync(cluster, token, output: 1000);

        var clock = Stopwatch.StartNew();
        await cluster.ControlAsync(HttpMethod.Put, $"/api/prices/{price["id"]}", new { provider = "openai", match = new[] { "gpt-4o-mini" }, input = 0, output = 2000 });
        await AssertInForceAsync(cluster, token, output: 2000, clock);

        await cluster.Redis.Database.ExecuteAsync("FLUSHALL");
        Assert.All(cluster.Gateways, gateway => Assert.Equal(2000, OutputAt(gateway)));
        await Product.EventuallyAsync(async () => await cluster.Redis.Database.HashLengthAsync("cp:{directory}:prices") == 1, "the price is put back");
        // One that never knew anything else reads it from there.
        var fresh = await cluster.StartGatewayAsync();
        await cluster.BecomesAsync(200, fresh);
        Assert.Equal(2000, OutputAt(fresh));

        await cluster.ControlAsync(HttpMethod.Delete, $"/api/prices/{price["id"]}");
        await Product.EventuallyAsync(() => Task.FromResult(cluster.Gateways.All(gateway => OutputAt(gateway) == 0.6m)), "what the file says holds again");
    }

    private static async Task AssertInForceAsync(RunningCluster cluster, JsonNode token, decimal output, Stopwatch? clock = null)
    {
        await Product.EventuallyAsync(() => Task.FromResult(cluster.Gateways.All(gateway => OutputAt(gateway) == output)), "every gateway has the price");
        if (clock is not null)
        {
            TestContext.Current.SendDiagnosticMessage($"Every gateway had the price {clock.ElapsedMilliseconds} ms after the call began.");
        }
        var before = await TotalsAsync(cluster, token);
        foreach (var gateway in cluster.Gateways)
        {
            Assert.Equal(200, await cluster.StatusAsync(gateway, (string)token["token"]!));
        }
        await Product.EventuallyAsync(async () => (await TotalsAsync(cluster, token)).Requests == before.Requests + cluster.Gateways.Count, "their usage is known");
        var after = await TotalsAsync(cluster, token);
        Assert.Equal(output * (after.Output - before.Output) / 1_000_000, after.Usd - before.Usd);

        var quote = await cluster.ControlAsync(HttpMethod.Post, "/api/quote", new { tokenId = (string)token["id"]!, path = "/openai/v1/chat/completions", body = new { model = "gpt-4o-mini", max_tokens = 100, messages = new[] { new { role = "user", content = "Hello" } } } });
        Assert.Equal(output * 100 / 1_000_000, (decimal)quote["usd"]!);
    }

    private static decimal OutputAt(GatewayHost gateway) => gateway.Directory.Prices.Find("openai", "gpt-4o-mini").UsdPerMillion.Output;

    private static async Task<(int Requests, long Output, decimal Usd)> TotalsAsync(RunningCluster cluster, JsonNode token)
    {
        var totals = (await cluster.ControlAsync(HttpMethod.Get, $"/api/usage?token={token["id"]}"))["totals"]!;
        return ((int)totals["requests"]!, (long)totals["outputTokens"]!, (decimal)totals["usd"]!);
    }
}
