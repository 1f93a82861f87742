using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using CredentialProxy.Tests.Running;
using CredentialProxy.Tests.Storage;
using Npgsql;

namespace CredentialProxy.Tests.Distributed;

/// <summary>What docs/operations.md says of backups, done with the tools it names: a dump of Postgres and the master key are enough.</summary>
public sealed class BackupTests
{
    private const string KeyCanary = "sk-canary-of-the-backup";

    [Fact]
    [Trait("threat", "key-12")]
    public async Task A_dump_restored_into_a_fresh_Postgres_beside_an_empty_Redis_is_the_whole_system()
    {
        var dump = Path.GetTempFileName();
        try
        {
            JsonNode proxy, session, revoked, tight, before, totals;
            string masterKey;
            await using (var old = await RunningCluster.StartAsync(gateways: 1))
            {
                masterKey = old.MasterKey;
                await old.ControlAsync(HttpMethod.Post, "/api/credentials", new { provider = "openai", label = "l", secret = KeyCanary });
                (proxy, session, revoked) = (await MintAsync(old, "proxy", 100_000), await MintAsync(old, "session", 100_000), await MintAsync(old, "proxy", 100_000));
                tight = await MintAsync(old, "proxy", 1, "requests");
                foreach (var token in new[] { proxy, session, revoked, tight })
                {
                    Assert.Equal(200, await old.StatusAsync(old.Gateways[0], (string)token["token"]!));
                }
                await old.ControlAsync(HttpMethod.Post, $"/api/tokens/{revoked["id"]}/revoke");
                await Product.EventuallyAsync(async () => (int)(await TotalsAsync(old))["requests"]! == 4, "all usage is recorded");
                (before, totals) = (await old.ControlAsync(HttpMethod.Get, $"/api/tokens/{proxy["id"]}"), await TotalsAsync(old));
                await RunAsync("pg_dump", old.Postgres.ConnectionString, "--format=custom", "--file", dump);
            }
            Assert.DoesNotContain(KeyCanary, await File.ReadAllTextAsync(dump, TestContext.Current.CancellationToken), StringComparison.Ordinal);

            // Its database goes away with it.
            var restored = await TemporaryPostgres.CreateEmptyAsync();
            await RunAsync("pg_restore", restored.ConnectionString, "--no-owner", "--exit-on-error", dump);
            Assert.Empty(await restored.MigrateAsync());
            await using var cluster = await RunningCluster.StartAsync(gateways: 1, restored, masterKey);
            var gateway = cluster.Gateways[0];
            var after = await cluster.ControlAsync(HttpMethod.Get, $"/api/tokens/{proxy["id"]}");
            Assert.True((decimal)before["limits"]![0]!["spent"]! > 0);
            Assert.Equal((decimal)before["limits"]![0]!["spent"]!, (decimal)after["limits"]![0]!["spent"]!);
            Assert.Equal(totals.ToJsonString(), (await TotalsAsync(cluster)).ToJsonString());
            Assert.Equal(200, await cluster.StatusAsync(gateway, (string)proxy["token"]!));
            Assert.Equal(200, await cluster.StatusAsync(gateway, (string)session["token"]!));
            Assert.Equal(401, await cluster.StatusAsync(gateway, (string)revoked["token"]!));
            // What it had spent before is not there to be spent again.
            Assert.Equal(429, await cluster.StatusAsync(gateway, (string)tight["token"]!));
            using var captured = await cluster.Client.GetAsync(new Uri(cluster.Mock, "/__captured"), TestContext.Current.CancellationToken);
            Assert.Contains(KeyCanary, await captured.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
            await Product.EventuallyAsync(async () => (int)(await TotalsAsync(cluster))["requests"]! == 6, "usage is recorded on top");
        }
        finally
        {
            File.Delete(dump);
        }
    }

    private static Task<JsonNode> MintAsync(RunningCluster cluster, string kind, int limit, string unit = "tokens") =>
        cluster.ControlAsync(HttpMethod.Post, "/api/tokens", new { kind, limits = new[] { new { unit, limit, window = "lifetime" } } });

    private static async Task<JsonNode> TotalsAsync(RunningCluster cluster) => (await cluster.ControlAsync(HttpMethod.Get, "/api/usage"))["totals"]!;

    private static async Task RunAsync(string program, string connectionString, params string[] arguments)
    {
        var connection = new NpgsqlConnectionStringBuilder(connectionString);
        var start = new ProcessStartInfo(
            Path.Combine(PostgresServer.FindBinaries(), program),
            ["--host", connection.Host!, "--port", connection.Port.ToString(CultureInfo.InvariantCulture), "--username", connection.Username!, "--dbname", connection.Database!, .. arguments])
        {
            RedirectStandardError = true,
        };
        start.Environment["PGPASSWORD"] = connection.Password;
        using var process = Process.Start(start)!;
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, errors);
    }
}
