using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Distributed;

/// <summary>A gateway as a process of its own that is killed while Redis is away.</summary>
public sealed class KilledGatewayTests
{
    private const string KeyCanary = "sk-canary-77aa01c2de";

    // So many that far more than the others need is leased.
    private const int Before = 64;
    private const int Meanwhile = 10;

    [Fact]
    [Trait("threat", "key-5")]
    public async Task What_it_settled_meanwhile_is_in_postgres_once_when_it_is_started_again_in_its_directory()
    {
        await using var cluster = await RunningCluster.StartAsync(gateways: 0);
        await cluster.ControlAsync(HttpMethod.Post, "/api/credentials", new { provider = "openai", label = "canary", secret = KeyCanary });
        var token = await cluster.ControlAsync(HttpMethod.Post, "/api/tokens", new { kind = "proxy", limits = new[] { new { unit = "requests", limit = 100_000, window = "lifetime" } } });
        var secret = (string)token["token"]!;
        var data = Directory.CreateTempSubdirectory("credential-proxy-data-");
        try
        {
            List<string> settled = [];
            await using (var gateway = Start(cluster, data))
            {
                var address = await ReadyAsync(cluster, gateway);
                for (var i = 0; i < Before; i++)
                    settled.Add(await ChatAsync(cluster, address, secret));
                await Product.EventuallyAsync(async () => await RecordedAsync(cluster) == Before, "Postgres has the first");

                await cluster.Redis.KillAsync();
                for (var i = 0; i < Meanwhile; i++)
                    settled.Add(await ChatAsync(cluster, address, secret));
                var journal = new FileInfo(Path.Combine(data.FullName, "settlements.journal"));
                await Product.EventuallyAsync(() => Task.FromResult(settled.Skip(Before).All(Read(journal).Contains)), "the journal has all of them");
                Assert.All([secret, KeyCanary, cluster.MasterKey], canary => Assert.DoesNotContain(canary, Read(journal), StringComparison.Ordinal));
                await gateway.KillAsync();
            }

            await cluster.Redis.StartAgainAsync();
            await using (var again = Start(cluster, data))
            {
                await ReadyAsync(cluster, again);
                await Product.EventuallyAsync(async () => await RecordedAsync(cluster) == settled.Count, "Postgres has all of them");
                Assert.Equal(settled.Order(StringComparer.Ordinal), (await cluster.Postgres.QueryAsync<string>("SELECT \"RequestId\" FROM \"usage\"")).Order(StringComparer.Ordinal));
                await Product.EventuallyAsync(() => Task.FromResult(new FileInfo(Path.Combine(data.FullName, "settlements.journal")).Length == 0), "the journal is empty");
                await using var other = Start(cluster, data);
                Assert.Equal(1, await other.ExitAsync());
                Assert.Contains("CREDENTIAL_PROXY_DATA", Assert.Single(other.Errors), StringComparison.Ordinal);
                await again.InterruptAsync();
                Assert.Equal(0, await again.ExitAsync());
            }
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    private static StartedProcess Start(RunningCluster cluster, DirectoryInfo data)
    {
        var settings = new Dictionary<string, string?>(cluster.GatewaySettings)
        {
            ["CREDENTIAL_PROXY_DATA"] = data.FullName,
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

    /// <summary>Sends a request, which must be answered, and says its id.</summary>
    private static async Task<string> ChatAsync(RunningCluster cluster, Uri gateway, string token)
    {
        var call = ProviderCall.Of("openai");
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(gateway, call.Path)) { Content = JsonContent.Create(call.Body("Hello", 64, false)) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await cluster.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return answer.Headers.GetValues("x-credential-proxy-request-id").Single();
    }

    private static async Task<int> RecordedAsync(RunningCluster cluster) => (int)(await cluster.Postgres.QueryAsync<long>("SELECT count(*) FROM \"usage\""))[0];

    private static string Read(FileInfo file)
    {
        // Its writer has it for itself as far as writers go; on Windows nobody else could read it.
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("cat", [file.FullName]) { RedirectStandardOutput = true, StandardOutputEncoding = Encoding.UTF8 })!;
        return process.StandardOutput.ReadToEnd();
    }
}
