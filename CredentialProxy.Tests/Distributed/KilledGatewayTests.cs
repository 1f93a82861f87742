using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Distributed;

/// <summary>A gateway as a process of its own that is killed while Redis is away.</summary>
public sealed class KilledGatewayTests : IAsyncLifetime
{
    private const string KeyCanary = "sk-canary-77aa01c2de";

    // So many that far more than the others need is leased.
    private const int Before = 64;
    private const int Meanwhile = 10;

    private const string CannotKeep = "The journal can't keep settled requests";

    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("credential-proxy-data-");
    private readonly List<string> _settled = [];
    private RunningCluster? _cluster;
    private string _token = "";

    private FileInfo Journal => new(Path.Combine(_data.FullName, "settlements.journal"));

    public async ValueTask InitializeAsync()
    {
        _cluster = await RunningCluster.StartAsync(gateways: 0);
        await _cluster.ControlAsync(HttpMethod.Post, "/api/credentials", new { provider = "openai", label = "canary", secret = KeyCanary });
        var token = await _cluster.ControlAsync(HttpMethod.Post, "/api/tokens", new { kind = "proxy", limits = new[] { new { unit = "requests", limit = 100_000, window = "lifetime" } } });
        _token = (string)token["token"]!;
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
            await _cluster.DisposeAsync();
        _data.Delete(recursive: true);
    }

    [Fact]
    [Trait("threat", "key-5")]
    public async Task What_it_settled_meanwhile_is_in_postgres_once_when_it_is_started_again_in_its_directory()
    {
        var cluster = _cluster!;
        await using (var gateway = Start(cluster))
        {
            var address = await ServeWithoutRedisAsync(cluster, gateway);
            await ChatAsync(cluster, address, Meanwhile);
            await KeptAsync();
            Assert.All([_token, KeyCanary, cluster.MasterKey], canary => Assert.DoesNotContain(canary, Read(Journal), StringComparison.Ordinal));
            await gateway.KillAsync();
        }

        await cluster.Redis.StartAgainAsync();
        await using (var again = Start(cluster))
        {
            await ReadyAsync(cluster, again);
            await RecordedOnceAsync(cluster);
            await Product.EventuallyAsync(() => Task.FromResult(Journal.Length == 0), "the journal is empty");
            await using var other = Start(cluster);
            Assert.Equal(1, await other.ExitAsync());
            Assert.Contains("CREDENTIAL_PROXY_DATA", Assert.Single(other.Errors), StringComparison.Ordinal);
            await again.InterruptAsync();
            Assert.Equal(0, await again.ExitAsync());
        }
    }

    [Fact]
    public async Task A_full_disk_stops_no_request_and_what_it_did_not_take_is_kept_as_soon_as_there_is_room()
    {
        var cluster = _cluster!;
        await using (var gateway = Start(cluster))
        {
            var address = await ServeWithoutRedisAsync(cluster, gateway);
            // A part of an entry fits.
            await gateway.BoundFilesAsync("20");
            await ChatAsync(cluster, address, Meanwhile);
            Assert.Contains(CannotKeep, await gateway.PrintedAsync(CannotKeep), StringComparison.Ordinal);
            Assert.DoesNotContain(_settled.Skip(Before), Read(Journal).Contains);

            await gateway.BoundFilesAsync("unlimited");
            await KeptAsync();
            Assert.Single(gateway.Output, line => line.Contains(CannotKeep, StringComparison.Ordinal));
            await gateway.KillAsync();
        }

        await cluster.Redis.StartAgainAsync();
        await using var again = Start(cluster);
        await ReadyAsync(cluster, again);
        await RecordedOnceAsync(cluster);
    }

    /// <summary>Lets a gateway lease and settle, and then takes Redis away.</summary>
    private async Task<Uri> ServeWithoutRedisAsync(RunningCluster cluster, StartedProcess gateway)
    {
        var address = await ReadyAsync(cluster, gateway);
        await ChatAsync(cluster, address, Before);
        await Product.EventuallyAsync(async () => await RecordedAsync(cluster) == Before, "Postgres has the first");
        await cluster.Redis.KillAsync();
        return address;
    }

    private Task KeptAsync() => Product.EventuallyAsync(() => Task.FromResult(_settled.Skip(Before).All(Read(Journal).Contains)), "the journal has all of them");

    private async Task RecordedOnceAsync(RunningCluster cluster)
    {
        await Product.EventuallyAsync(async () => await RecordedAsync(cluster) == _settled.Count, "Postgres has all of them");
        Assert.Equal(_settled.Order(StringComparer.Ordinal), (await cluster.Postgres.QueryAsync<string>("SELECT \"RequestId\" FROM \"usage\"")).Order(StringComparer.Ordinal));
    }

    private StartedProcess Start(RunningCluster cluster)
    {
        var settings = new Dictionary<string, string?>(cluster.GatewaySettings)
        {
            ["CREDENTIAL_PROXY_DATA"] = _data.FullName,
            ["Ledger:OutageTolerance"] = "00:01:00",
            ["Ledger:MaxSettleDelay"] = "00:01:00",
            ["Ledger:LeaseFor"] = "00:01:00",
            ["Ledger:IdleReturn"] = "01:00:00",
        };
        return StartedProcess.Of(
            Path.Combine(AppContext.BaseDirectory, "CredentialProxy.Gateway.dll"), [], [.. settings.Select(setting => (setting.Key.Replace(":", "__", StringComparison.Ordinal), setting.Value!))]);
    }

    private static async Task<Uri> ReadyAsync(RunningCluster cluster, StartedProcess gateway)
    {
        var line = await gateway.PrintedAsync("The gateway listens on");
        var address = new Uri(line.Split(' ', ';').Single(word => word.StartsWith("http", StringComparison.Ordinal)));
        await Product.EventuallyAsync(async () => await cluster.ReadyAsync(address) == 200, "the gateway is ready");
        return address;
    }

    /// <summary>Sends requests, which must be answered.</summary>
    private async Task ChatAsync(RunningCluster cluster, Uri gateway, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var call = ProviderCall.Of("openai");
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(gateway, call.Path)) { Content = JsonContent.Create(call.Body("Hello", 64, false)) };
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _token);
            using var answer = await cluster.Client.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
            _settled.Add(answer.Headers.GetValues("x-credential-proxy-request-id").Single());
        }
    }

    private static async Task<int> RecordedAsync(RunningCluster cluster) => (int)(await cluster.Postgres.QueryAsync<long>("SELECT count(*) FROM \"usage\""))[0];

    private static string Read(FileInfo file)
    {
        // Its writer has it for itself as far as writers go; on Windows nobody else could read it.
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("cat", [file.FullName]) { RedirectStandardOutput = true, StandardOutputEncoding = Encoding.UTF8 })!;
        return process.StandardOutput.ReadToEnd();
    }
}
