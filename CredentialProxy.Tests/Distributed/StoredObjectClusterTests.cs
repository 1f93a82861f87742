using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using CredentialProxy.Gateway.Hosting;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Distributed;

/// <summary>Stored objects at several gateways, on a Redis that loses whose they are.</summary>
public sealed class StoredObjectClusterTests
{
    [Fact]
    [Trait("threat", "fault-15")]
    public async Task After_a_loss_an_object_is_refused_for_a_while_and_then_its_maker_s_again_and_nobody_else_s()
    {
        await using var cluster = await RunningCluster.StartAsync(gateways: 2);
        await cluster.ControlAsync(HttpMethod.Post, "/api/credentials", new { provider = "openai", label = "a", secret = "sk-mock" });
        var (mine, theirs) = (await MintAsync(cluster), await MintAsync(cluster));
        var (first, second) = (cluster.Gateways[0], cluster.Gateways[1]);
        var (status, made) = await AskAsync(cluster, first, mine, "POST", "/openai/v1/files");
        Assert.Equal(200, status);
        var deleted = (await AskAsync(cluster, first, mine, "POST", "/openai/v1/files")).Id;
        Assert.Equal(200, (await AskAsync(cluster, second, mine, "DELETE", $"/openai/v1/files/{deleted}")).Status);
        Assert.Equal(200, (await AskAsync(cluster, second, mine, "GET", $"/openai/v1/files/{made}")).Status);
        foreach (var gateway in cluster.Gateways)
        {
            Assert.Equal(404, (await AskAsync(cluster, gateway, theirs, "GET", $"/openai/v1/files/{made}")).Status);
        }
        var project = (string)(await cluster.ControlAsync(HttpMethod.Post, "/api/projects", new { name = "p" }))["id"]!;
        var gift = new { provider = "openai", kind = "prompt", id = "pmpt_shared", project };
        await cluster.ControlAsync(HttpMethod.Post, "/api/objects/give", gift);

        await cluster.Redis.Database.ExecuteAsync("FLUSHALL");

        // A gateway has known it for half a second by itself; after that nobody says that there is no such object.
        var seen = new HashSet<int>();
        await Product.EventuallyAsync(
            async () =>
            {
                seen.Add((await AskAsync(cluster, first, theirs, "GET", $"/openai/v1/files/{made}")).Status);
                var told = (await AskAsync(cluster, second, mine, "GET", $"/openai/v1/files/{made}")).Status;
                Assert.True(told is 200 or 503, $"{told}");
                return told == 200 && await OpenAsync(cluster);
            },
            "it is its maker's again");
        Assert.Contains(503, seen);
        Assert.DoesNotContain(200, seen);
        foreach (var gateway in cluster.Gateways)
        {
            // Accounts are put back by themselves, and may be a moment later.
            await IsToldAsync(200, cluster, gateway, mine, made);
            await IsToldAsync(404, cluster, gateway, theirs, made);
            await IsToldAsync(404, cluster, gateway, mine, deleted);
        }
        Assert.Contains("project:" + project, await cluster.Postgres.QueryAsync<string>("""SELECT "Owner" FROM objects WHERE "Id" = 'pmpt_shared'"""));
        await cluster.ControlAsync(HttpMethod.Post, "/api/objects/take", gift);
        await Product.EventuallyAsync(async () => (await cluster.Postgres.QueryAsync<string>("""SELECT "Owner" FROM objects WHERE "Id" = 'pmpt_shared'""")).Count == 0, "it is taken back");
    }

    private static async Task<bool> OpenAsync(RunningCluster cluster) => $"{await cluster.Redis.Database.StringGetAsync("cp:{objects}:epoch")}".StartsWith("2-", StringComparison.Ordinal);

    private static Task IsToldAsync(int expected, RunningCluster cluster, GatewayHost gateway, string token, string id) => Product.EventuallyAsync(
        async () =>
        {
            var status = (await AskAsync(cluster, gateway, token, "GET", $"/openai/v1/files/{id}")).Status;
            Assert.True(status == 503 || status == expected, $"{status}");
            return status == expected;
        },
        $"it is told {expected}");

    private static async Task<string> MintAsync(RunningCluster cluster) =>
        (string)(await cluster.ControlAsync(HttpMethod.Post, "/api/tokens", new { kind = "proxy", features = new[] { "files" } }))["token"]!;

    private static async Task<(int Status, string Id)> AskAsync(RunningCluster cluster, GatewayHost gateway, string token, string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(gateway.Address, path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (method == "POST")
        {
            request.Content = new StringContent("{}", System.Text.Encoding.UTF8, "application/json");
        }
        using var answer = await cluster.Client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        return ((int)answer.StatusCode, text.StartsWith('{') ? (string?)JsonNode.Parse(text)!["id"] ?? "" : "");
    }
}
