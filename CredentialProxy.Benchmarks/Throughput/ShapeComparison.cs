using System.Security.Cryptography;
using CredentialProxy.Benchmarks.Chaos.Servers;

namespace CredentialProxy.Benchmarks.Throughput;

/// <summary>The same through Standalone and through a gateway of its own, whose accounts and directory are in Redis, in turn.</summary>
internal static class ShapeComparison
{
    private const int NginxPort = 18590;
    private const int GatewayPort = 18592;
    private const int ControlPort = 18593;

    public static async Task<int> RunAsync(int seconds)
    {
        using var upstream = StaticUpstream.Start(NginxPort);
        using var standalone = await Product.StartAsync(upstream.Address, GatewayPort, ControlPort);
        using var wrk = new Wrk(await standalone.MintAsync());

        await using var redis = new RestartableRedis();
        await using var postgres = new RestartablePostgres();
        await Task.WhenAll(redis.StartAsync(), postgres.CreateAsync());
        var common = new Dictionary<string, string>
        {
            ["ConnectionStrings__redis"] = redis.Address,
            ["CREDENTIAL_PROXY_MASTER_KEY"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)),
            ["Logging__LogLevel__Default"] = "Warning",
        };
        var watch = new PhantomWatch();
        using var control = await ControlPlane.StartAsync(new Dictionary<string, string>(common) { ["ConnectionStrings__postgres"] = postgres.ConnectionString }, watch);
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        using var gateway = new RestartableGateway(1, new Dictionary<string, string>(common) { ["Providers__openai__BaseUrl"] = upstream.Address, ["OPENAI_API_KEY"] = Product.ProviderKey }, client, watch);
        gateway.Start();
        await gateway.BecomesReadyAsync();
        var made = await control.CallAsync(HttpMethod.Post, "/api/tokens", new { kind = "proxy", label = "benchmark", limits = Product.NeverReached });
        using var distributed = new Wrk((string)made["token"]!);

        await new Turns(
            new Turns.Server("standalone", () => wrk.LoadAsync(standalone.Process, standalone.Gateway, seconds)),
            new Turns.Server("distributed", () => distributed.LoadAsync(gateway.Process, gateway.Address, seconds))).RunAsync();
        return 0;
    }
}
