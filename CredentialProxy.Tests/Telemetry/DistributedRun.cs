using CredentialProxy.Tests.KeyRings;
using CredentialProxy.Tests.Running;
using CredentialProxy.Tests.Storage;

namespace CredentialProxy.Tests.Telemetry;

/// <summary>A gateway and a control plane, on a real Redis and a real Postgres. Started once for all who look at them.</summary>
[CollectionDefinition(nameof(DistributedRun))]
public sealed class DistributedRun : TracedRun, ICollectionFixture<DistributedRun>
{
    private TemporaryPostgres _postgres = null!;
    private RedisServer _redis = null!;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _redis.DisposeAsync();
        await _postgres.DisposeAsync();
    }

    protected override async Task StartAsync()
    {
        (_postgres, _redis) = (await TemporaryPostgres.CreateAsync(), await RedisServer.StartAsync());
        var common = Settings(
            ("ConnectionStrings__redis", _redis.Address), ("CREDENTIAL_PROXY_MASTER_KEY", RingSettingsOf.NewMasterKey()), ("Stopping__ReadinessDelay", "00:00:00"), ("Rebuilding__WaitForGateways", "00:00:00.5"));
        var admin = Keep(StartedProcess.Of(PathOf("Admin"), ["serve", "--CONTROL_PORT=0"], [("ConnectionStrings__postgres", _postgres.ConnectionString), .. common]));
        var gateway = Keep(StartedProcess.Of(PathOf("Gateway"), ["--PORT=0"], [("CREDENTIAL_PROXY_DATA", "journal"), .. common]));
        Admin.BaseAddress = AddressIn(await admin.PrintedAsync("The control plane listens on"));
        Gateway = AddressIn(await gateway.PrintedAsync("The gateway listens on"));
        Scraped.Add(AddressIn(await admin.PrintedAsync("Metrics are at")));
        Scraped.Add(AddressIn(await gateway.PrintedAsync("Metrics are at")));
        await Product.EventuallyAsync(async () => await StatusAsync(new Uri(Gateway, "/ready")) == 200, "the gateway is ready");
    }

    private static string PathOf(string program) => Path.Combine(AppContext.BaseDirectory, $"CredentialProxy.{program}.dll");

    private static Uri AddressIn(string line) => new(line.Split(' ', ';').Single(word => word.StartsWith("http", StringComparison.Ordinal)));
}
