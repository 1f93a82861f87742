using System.Diagnostics;
using System.Text.Json.Nodes;
using CredentialProxy.Admin.KeyRings;
using CredentialProxy.Core.Vault;
using CredentialProxy.Tests.KeyRings;
using CredentialProxy.Tests.Running;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;

namespace CredentialProxy.Tests.Distributed;

/// <summary>Signing keys of many gateways: rotated while tokens are minted and used, and retired.</summary>
[Trait("threat", "token-1")]
public sealed class SigningKeyClusterTests
{
    private static string Now => TimeProvider.System.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ssZ", null);

    [Fact]
    public async Task A_rotation_under_load_refuses_no_token_and_a_retirement_ends_all_that_the_key_signed()
    {
        await using var cluster = await RunningCluster.StartAsync(gateways: 2);
        await cluster.ControlAsync(HttpMethod.Post, "/api/credentials", new { provider = "openai", label = "l", secret = "sk-any" });
        using var stop = new CancellationTokenSource();
        var (statuses, old) = (new List<int>(), await MintAsync(cluster));
        var load = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                var token = await MintAsync(cluster);
                foreach (var gateway in cluster.Gateways)
                {
                    statuses.Add(await cluster.StatusAsync(gateway, token));
                    statuses.Add(await cluster.StatusAsync(gateway, old));
                }
            }
        });
        foreach (var algorithm in new[] { "RS256", "HS256", "ES256" })
        {
            var before = statuses.Count;
            await cluster.ControlAsync(HttpMethod.Post, "/api/signing-keys", new { algorithm, activatesAt = Now });
            await Product.EventuallyAsync(() => Task.FromResult(load.IsCompleted || statuses.Count >= before + 8), "tokens of the new key are used");
        }
        await stop.CancelAsync();
        await load;
        Assert.All(statuses, status => Assert.Equal(200, status));

        var keys = (await cluster.ControlAsync(HttpMethod.Get, "/api/signing-keys"))["keys"]!.AsArray();
        Assert.Equal(4, keys.Count);
        var signing = (string)keys.Single(key => (string)key!["status"]! == "signing")!["id"]!;
        var newest = await MintAsync(cluster);
        var streams = new List<(HttpResponseMessage Answer, EventReader Events)>();
        foreach (var gateway in cluster.Gateways)
        {
            var answer = await cluster.ChatAsync(gateway, newest, "[[tokens:60]]", isStream: true, fault: """{"gate":"shut"}""");
            streams.Add((answer, await EventReader.OfAsync(answer)));
        }
        var clock = Stopwatch.StartNew();
        await cluster.ControlAsync(HttpMethod.Post, $"/api/signing-keys/{signing}/retire");
        foreach (var (answer, events) in streams)
        {
            Refused.AssertLastEvent(await events.RestAsync().WaitAsync(TimeSpan.FromSeconds(10)), "openai", 401, "token_revoked");
            events.Dispose();
            answer.Dispose();
        }
        TestContext.Current.SendDiagnosticMessage($"Streams ended {clock.ElapsedMilliseconds} ms after their key was retired.");
        foreach (var gateway in cluster.Gateways)
        {
            Assert.Equal((401, 200, 200), (await cluster.StatusAsync(gateway, newest), await cluster.StatusAsync(gateway, old), await cluster.StatusAsync(gateway, await MintAsync(cluster))));
        }
    }

    [Fact]
    [Trait("threat", "key-5")]
    public async Task Neither_redis_nor_postgres_holds_what_signs()
    {
        await using var cluster = await RunningCluster.StartAsync(gateways: 1);
        var symmetric = await cluster.ControlAsync(HttpMethod.Post, "/api/signing-keys", new { algorithm = "HS256", activatesAt = Now });
        await MintAsync(cluster);
        var ring = await KeyRingSetup.OpenAsync(
            cluster.Postgres.Database, TimeSpan.FromSeconds(30), RingSettingsOf.MasterKey(cluster.MasterKey), NullLoggerFactory.Instance, TimeProvider.System, TestContext.Current.CancellationToken);
        await using var context = cluster.Postgres.CreateDbContext();
        var rows = await context.SigningKeys.AsNoTracking().ToListAsync(TestContext.Current.CancellationToken);
        Assert.Equal(2, rows.Count);

        var kept = await ClusterDump.OfAsync(cluster);
        var directory = await ClusterDump.OfRedisAsync(cluster);

        foreach (var row in rows)
        {
            Assert.Contains(row.Id, directory, StringComparison.Ordinal);
            var key = JsonNode.Parse(new CredentialVault(ring).TryOpenSigningKey(row.SealedPrivateKey, out _)!.Reveal())!;
            Assert.DoesNotContain((string)(key["d"] ?? key["k"])!, kept, StringComparison.Ordinal);
            // Gateways are handed what signs, sealed, only where it is what proves.
            Assert.Equal(row.Id == (string)symmetric["id"]!, directory.Contains(row.SealedPrivateKey, StringComparison.Ordinal));
        }
        Assert.All(rows, row => Assert.DoesNotContain(cluster.Log, line => line.Contains(row.SealedPrivateKey, StringComparison.Ordinal)));
    }

    private static async Task<string> MintAsync(RunningCluster cluster) => (string)(await cluster.ControlAsync(HttpMethod.Post, "/api/tokens", new { kind = "session" }))["token"]!;
}
