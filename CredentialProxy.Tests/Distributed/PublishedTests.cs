using CredentialProxy.Tests.Clients;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Distributed;

/// <summary>What is published serves the official SDKs, whose requests go to two gateways by turns.</summary>
public sealed class PublishedTests(PublishedCluster cluster) : IClassFixture<PublishedCluster>
{
    public static TheoryData<string, string> Clients => new(NodeClientTests.Clients.Select(row => (row.Data.Item1, row.Data.Item2)));

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task An_unmodified_client_works_over_two_published_gateways_and_is_metered_to_the_token(string script, string steps)
    {
        var token = await cluster.MintAsync(new { kind = "proxy", limits = new[] { new { unit = "tokens", limit = 10_000_000, window = "lifetime" } } });
        var before = await cluster.ProducedAsync();

        await NodeScript.RunAsync(script, steps, cluster.Gateway, ("TOKEN", (string)token["token"]!));

        var after = await cluster.ProducedAsync();
        var produced = (after.Input - before.Input, after.Output - before.Output);
        Assert.True(produced.Item2 > 0);
        await Product.EventuallyAsync(async () => await cluster.RecordedAsync(token) == produced, "all that was produced is recorded");
    }
}
