using System.Net.Http.Headers;
using System.Net.Http.Json;
using CredentialProxy.Tests.KeyRings;
using CredentialProxy.Tests.Running;
using CredentialProxy.Tests.Storage;

namespace CredentialProxy.Tests.Distributed;

/// <summary>Gateway and control plane as the programs that a deployment starts.</summary>
public sealed class ProgramTests
{
    [Fact]
    public async Task A_gateway_that_is_started_first_waits_for_the_control_plane_and_both_end_in_order()
    {
        await using var postgres = await TemporaryPostgres.CreateAsync();
        await using var redis = await RedisServer.StartAsync();
        var masterKey = RingSettingsOf.NewMasterKey();
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        await using var gateway = StartedProcess.Of(
            PathOf("Gateway"), ["--PORT=0"], ("ConnectionStrings__redis", redis.Address), ("CREDENTIAL_PROXY_MASTER_KEY", masterKey), ("Stopping__ReadinessDelay", "00:00:00.2"));
        var address = AddressIn(await gateway.PrintedAsync("The gateway listens on"));
        Assert.Equal(200, await StatusAsync(client, new Uri(address, "/alive")));
        using (var ready = await client.GetAsync(new Uri(address, "/ready"), TestContext.Current.CancellationToken))
        {
            Assert.Equal(503, (int)ready.StatusCode);
            Assert.Contains("directory", await ready.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }

        await using var admin = StartedProcess.Of(
            PathOf("Admin"), ["serve", "--CONTROL_PORT=0"], ("ConnectionStrings__postgres", postgres.ConnectionString), ("ConnectionStrings__redis", redis.Address),
            ("CREDENTIAL_PROXY_MASTER_KEY", masterKey), ("Stopping__ReadinessDelay", "00:00:00"), ("Rebuilding__WaitForGateways", "00:00:00.5"));
        var control = AddressIn(await admin.PrintedAsync("The control plane listens on"));
        var key = (await admin.PrintedAsync("admin key")).Split(' ', StringSplitOptions.RemoveEmptyEntries)[2];
        await Product.EventuallyAsync(async () => await StatusAsync(client, new Uri(address, "/ready")) == 200 && await StatusAsync(client, new Uri(control, "/ready")) == 200, "both are ready");
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var made = await client.PostAsJsonAsync(new Uri(control, "/api/tokens"), new { kind = "session", ttlSeconds = 60 }, TestContext.Current.CancellationToken);
        Assert.Equal(201, (int)made.StatusCode);

        await gateway.InterruptAsync();
        Assert.Equal(0, await gateway.ExitAsync());
        await admin.InterruptAsync();
        Assert.Equal(0, await admin.ExitAsync());
        // It has taken its leave, so that nothing counts as spent that was not.
        var entered = (await gateway.PrintedAsync("Entered in the accounts as")).Split("Entered in the accounts as ")[1].Split(',')[0];
        Assert.Null(await redis.Database.SortedSetScoreAsync("cp:{quota}:holders", entered));
        Assert.Null(await redis.Database.SortedSetScoreAsync("cp:{quota}:dead", entered));
    }

    [Theory]
    [InlineData("Gateway", "The setting ConnectionStrings:redis is missing: set ConnectionStrings__redis ", "CREDENTIAL_PROXY_MASTER_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("Gateway", "The key ring must be wrapped in production", "ConnectionStrings__redis", "localhost")]
    [InlineData("Admin", "The key ring must be wrapped in production", "ConnectionStrings__redis", "localhost")]
    public async Task What_is_missing_is_said_in_one_line(string program, string expected, string name, string value)
    {
        await using var process = StartedProcess.Of(PathOf(program), [], (name, value));
        Assert.Equal(1, await process.ExitAsync());
        Assert.StartsWith(expected, Assert.Single(process.Errors), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Gateway")]
    [InlineData("Admin")]
    public async Task A_Redis_that_evicts_stops_the_start_with_what_to_set_there(string program)
    {
        await using var postgres = await TemporaryPostgres.CreateAsync();
        await using var redis = await RedisServer.StartAsync();
        await redis.Database.ExecuteAsync("CONFIG", "SET", "maxmemory-policy", "volatile-lru");
        await using var process = StartedProcess.Of(
            PathOf(program), [], ("PORT", "0"), ("CONTROL_PORT", "0"), ("ConnectionStrings__postgres", postgres.ConnectionString), ("ConnectionStrings__redis", redis.Address),
            ("CREDENTIAL_PROXY_MASTER_KEY", RingSettingsOf.NewMasterKey()));
        Assert.Equal(1, await process.ExitAsync());
        Assert.Equal(
            "Redis can't hold the accounts: its maxmemory-policy is 'volatile-lru', and a counter that is evicted is a limit that begins anew. Set 'maxmemory-policy noeviction' there.", Assert.Single(process.Errors));
    }

    [Fact]
    [Trait("threat", "key-5")]
    public async Task A_connection_string_is_not_taken_from_the_command_line()
    {
        await using var process = StartedProcess.Of(PathOf("Gateway"), ["--ConnectionStrings:redis=localhost,password=top-secret-part"]);
        Assert.Equal(1, await process.ExitAsync());
        Assert.DoesNotContain("top-secret-part", process.Text, StringComparison.Ordinal);
    }

    private static string PathOf(string program) => Path.Combine(AppContext.BaseDirectory, $"CredentialProxy.{program}.dll");

    private static Uri AddressIn(string line) => new(line.Split(' ', ';').Single(word => word.StartsWith("http", StringComparison.Ordinal)));

    private static async Task<int> StatusAsync(HttpClient client, Uri address)
    {
        using var answer = await client.GetAsync(address);
        return (int)answer.StatusCode;
    }
}
