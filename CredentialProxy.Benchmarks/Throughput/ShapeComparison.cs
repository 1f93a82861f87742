using System.Globalization;
using System.Security.Cryptography;
using CredentialProxy.Benchmarks.Chaos.Servers;
using CredentialProxy.Core.Limits.Redis;
using StackExchange.Redis;

namespace CredentialProxy.Benchmarks.Throughput;

/// <summary>
/// The same through Standalone and through a gateway of its own, whose accounts and directory are in Redis, in turn. Whichever is loaded has half of a processor to itself; load, upstream and Redis have another,
/// which is more than they need, so that what is measured is what the load waits for. The
/// control plane rests during a turn and records what came of it afterwards, as it would on a machine of its own.
/// </summary>
internal sealed class ShapeComparison
{
    private const int NginxPort = 18590;
    private const int GatewayPort = 18592;
    private const int ControlPort = 18593;

    /// <summary>The processor of what is measured, and that of everything else.</summary>
    private const int Measured = 0, Others = 1;

    /// <summary>What of it is enough for load, upstream and Redis to keep up on theirs.</summary>
    private const double Part = 0.5;

    /// <summary>So that neither refuses a request when other work on the machine keeps it from writing for a while.</summary>
    private static readonly (string Name, string Value) Patient = ("Ledger__MaxSettleDelay", "00:00:30");

    private readonly List<double> _redis = [];

    public static Task<int> RunAsync(int seconds) => new ShapeComparison().CompareAsync(seconds);

    private async Task<int> CompareAsync(int seconds)
    {
        using var share = ProcessorShare.Of(Part);
        using var upstream = StaticUpstream.Start(NginxPort, Others);
        using var standalone = await Product.StartAsync(upstream.Address, GatewayPort, ControlPort, settings: Patient);
        using var wrk = new Wrk(await standalone.MintAsync());

        await using var redis = new RestartableRedis();
        await using var postgres = new RestartablePostgres();
        await Task.WhenAll(redis.StartAsync(), postgres.CreateAsync());
        var common = new Dictionary<string, string>
        {
            ["ConnectionStrings__redis"] = redis.Address,
            ["CREDENTIAL_PROXY_MASTER_KEY"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)),
            ["Logging__LogLevel__Default"] = "Error",
            [Patient.Name] = Patient.Value,
        };
        var watch = new PhantomWatch();
        using var control = await ControlPlane.StartAsync(new Dictionary<string, string>(common) { ["ConnectionStrings__postgres"] = postgres.ConnectionString }, watch);
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        using var gateway = new RestartableGateway(1, new Dictionary<string, string>(common) { ["Providers__openai__BaseUrl"] = upstream.Address, ["OPENAI_API_KEY"] = Product.ProviderKey }, client, watch);
        gateway.Start();
        await gateway.BecomesReadyAsync();
        var made = await control.CallAsync(HttpMethod.Post, "/api/tokens", new { kind = "proxy", label = "benchmark", limits = Product.NeverReached });
        using var distributed = new Wrk((string)made["token"]!);
        await Task.WhenAll(standalone.Process.PinAsync(Measured), gateway.Process.PinAsync(Measured), redis.Process.PinAsync(Others));
        share.Add(standalone.Process);
        share.Add(gateway.Process);
        await using var connection = await redis.ConnectAsync();

        await new Turns(
            new Turns.Server("standalone", () => wrk.LoadAsync(standalone.Process, standalone.Gateway, seconds, Others)),
            new Turns.Server("distributed", async () =>
            {
                await control.FreezeAsync();
                var before = redis.Process.CpuTime();
                var load = await distributed.LoadAsync(gateway.Process, gateway.Address, seconds, Others);
                _redis.Add((redis.Process.CpuTime() - before).TotalMicroseconds / load.Requests);
                await control.ThawAsync();
                await RecordedAsync(connection.GetDatabase());
                return load;
            })).RunAsync();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Redis: {Turns.Median(_redis):0.0} µs CPU/req"));
        return 0;
    }

    private static Task RecordedAsync(IDatabase redis) =>
        Patience.UntilAsync("what was used is recorded", async () => await redis.StreamLengthAsync(new RedisKeys(new RedisQuotaOptions().Name).Usage) == 0);
}
