using System.Globalization;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Distributed;

/// <summary>Two gateways behind a load balancer, replaced one after the other while clients call.</summary>
public sealed class RollingTests
{
    [Fact]
    public async Task Gateways_behind_a_load_balancer_are_replaced_one_by_one_without_a_failed_request_or_a_cut_stream()
    {
        await using var cluster = await RunningCluster.StartAsync(gateways: 0);
        int[] ports = [LoadBalancer.FreePort(), LoadBalancer.FreePort()];
        var gateways = ports.Select(port => Start(cluster, port)).ToArray();
        try
        {
            await cluster.ControlAsync(HttpMethod.Post, "/api/credentials", new { provider = "openai", label = "l", secret = "sk-of-the-provider" });
            var token = (string)(await cluster.ControlAsync(HttpMethod.Post, "/api/tokens", new { kind = "proxy", limits = new[] { new { unit = "tokens", limit = 100_000_000, window = "lifetime" } } }))["token"]!;
            using var balancer = LoadBalancer.Start(ports);
            await Task.WhenAll(ports.Select(port => ReadyAsync(cluster, port)));
            await Product.EventuallyAsync(async () => await cluster.ReadyAsync(balancer.Address) == 200, "the load balancer knows a gateway");
            using var clients = new SteadyClients(balancer.Address, token);
            using var stop = new CancellationTokenSource();
            var calling = clients.RunAsync(stop.Token);
            for (var index = 0; index < ports.Length; index++)
            {
                await AnsweredAsync(clients, SteadyClients.Count);
                await gateways[index].SignalAsync("TERM");
                Assert.Equal(0, await gateways[index].ExitAsync());
                await gateways[index].DisposeAsync();
                gateways[index] = Start(cluster, ports[index]);
                await ReadyAsync(cluster, ports[index]);
                // Until the other one may go, this one must have been found.
                await AnsweredAsync(clients, 3 * SteadyClients.Count);
            }
            await stop.CancelAsync();
            await calling;

            Assert.Empty(clients.Failures);
            Assert.NotEqual(0, clients.Streams);
            await Task.WhenAll(gateways.Select(gateway => gateway.SignalAsync("TERM")));
            Assert.All(await Task.WhenAll(gateways.Select(gateway => gateway.ExitAsync())), code => Assert.Equal(0, code));
            await cluster.AssertNothingIsLeasedAsync();
            await Product.EventuallyAsync(async () => (int)(await cluster.ControlAsync(HttpMethod.Get, "/api/usage"))["totals"]!["requests"]! == clients.Answers, "each request is recorded once");
        }
        finally
        {
            foreach (var gateway in gateways)
            {
                await gateway.DisposeAsync();
            }
        }
    }

    private static StartedProcess Start(RunningCluster cluster, int port)
    {
        var settings = new Dictionary<string, string?>(cluster.GatewaySettings)
        {
            ["PORT"] = port.ToString(CultureInfo.InvariantCulture),
            // Many times what the load balancer takes to hear of it, on a machine that has more to do.
            ["Stopping:ReadinessDelay"] = "00:00:03",
        };
        return StartedProcess.Of(
            Path.Combine(AppContext.BaseDirectory, "CredentialProxy.Gateway.dll"), [], [.. settings.Select(setting => (setting.Key.Replace(":", "__", StringComparison.Ordinal), setting.Value!))]);
    }

    private static Task ReadyAsync(RunningCluster cluster, int port) => Product.EventuallyAsync(
        async () =>
        {
            try
            {
                return await cluster.ReadyAsync(new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"))) == 200;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        },
        "the gateway is ready");

    private static async Task AnsweredAsync(SteadyClients clients, int more)
    {
        var enough = clients.Answers + more;
        await Product.EventuallyAsync(() => Task.FromResult(clients.Answers >= enough || !clients.Failures.IsEmpty), "requests are answered");
        Assert.Empty(clients.Failures);
    }
}
