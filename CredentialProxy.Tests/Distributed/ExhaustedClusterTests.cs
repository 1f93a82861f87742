using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Distributed;

/// <summary>Streams at several gateways whose money is gone.</summary>
public sealed class ExhaustedClusterTests
{
    private static readonly object[] Wide = [new { unit = "tokens", limit = 1_000_000, window = "lifetime" }];
    private static readonly object[] Narrow = [new { unit = "tokens", limit = 5, window = "lifetime" }];

    [Fact]
    [Trait("threat", "fault-16")]
    public async Task They_end_at_every_gateway_when_a_limit_is_lowered_and_when_accounts_come_back_with_more_spent_than_they_allow()
    {
        await using var cluster = await RunningCluster.StartAsync(gateways: 2);
        await cluster.ControlAsync(HttpMethod.Post, "/api/credentials", new { provider = "openai", label = "l", secret = "sk-of-the-cluster" });
        var lowered = await cluster.ControlAsync(HttpMethod.Post, "/api/tokens", new { kind = "proxy", limits = Wide });
        var overdrawn = await cluster.ControlAsync(HttpMethod.Post, "/api/tokens", new { kind = "session", limits = Wide });
        var other = await cluster.ControlAsync(HttpMethod.Post, "/api/tokens", new { kind = "proxy", limits = Wide });
        Assert.Equal(200, await cluster.StatusAsync(cluster.Gateways[0], (string)lowered["token"]!));
        await Product.EventuallyAsync(async () => (int)(await cluster.ControlAsync(HttpMethod.Get, "/api/usage"))["totals"]!["requests"]! == 1, "what is spent is known");

        List<(string Whose, HttpResponseMessage Answer, EventReader Events)> streams = [];
        foreach (var gateway in cluster.Gateways)
        {
            foreach (var token in new[] { lowered, overdrawn, other })
            {
                var answer = await cluster.ChatAsync(gateway, (string)token["token"]!, "[[tokens:60]]", isStream: true, fault: """{"gate":"shut"}""");
                streams.Add(((string)token["id"]!, answer, await EventReader.OfAsync(answer)));
            }
        }

        await cluster.ControlAsync(HttpMethod.Patch, $"/api/tokens/{lowered["id"]}", new { limits = Narrow });
        await AssertEndAsync(streams, (string)lowered["id"]!);
        // As they do when they are put back after a loss.
        await cluster.Redis.Database.HashSetAsync($"cp:{{quota}}:counter:tokens:lifetime:0:token:{overdrawn["id"]}", "spent", 1_000_001);
        await AssertEndAsync(streams, (string)overdrawn["id"]!);

        using (var opened = await cluster.Client.PostAsync(new Uri(cluster.Mock, "/__gates/shut?chunks=1000"), null, TestContext.Current.CancellationToken))
        {
            opened.EnsureSuccessStatusCode();
        }
        foreach (var (_, _, events) in streams.Where(stream => stream.Whose == (string)other["id"]!))
        {
            Assert.DoesNotContain(await events.RestAsync(), e => e.Contains("budget_exceeded", StringComparison.Ordinal));
        }
        await Product.EventuallyAsync(async () => (int)(await cluster.ControlAsync(HttpMethod.Get, "/api/usage"))["totals"]!["requests"]! == 7, "all of them are settled");
        foreach (var (_, answer, events) in streams)
        {
            events.Dispose();
            answer.Dispose();
        }
    }

    private static async Task AssertEndAsync(IEnumerable<(string Whose, HttpResponseMessage Answer, EventReader Events)> streams, string whose)
    {
        foreach (var (_, _, events) in streams.Where(stream => stream.Whose == whose))
        {
            Refused.AssertLastEvent(await events.RestAsync().WaitAsync(TimeSpan.FromSeconds(30)), "openai", 429, "budget_exceeded");
        }
    }
}
