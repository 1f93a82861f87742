using System.Diagnostics;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Distributed;

/// <summary>The distributed shape as a whole: what is said to the control plane holds at every gateway, and each part does without the others what it can.</summary>
public sealed class ClusterTests
{
    private const string KeyCanary = "sk-canary-1f0c7e8a9b";
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    [Trait("threat", "key-5")]
    public async Task What_the_control_plane_is_told_holds_at_every_gateway_within_a_second_and_no_key_is_kept_anywhere()
    {
        await using var cluster = await RunningCluster.StartAsync(gateways: 2);
        await cluster.ControlAsync(HttpMethod.Post, "/api/credentials", new { provider = "openai", label = "canary", secret = KeyCanary });
        var limits = new[] { new { unit = "tokens", limit = 100_000, window = "lifetime" } };
        var proxy = await cluster.ControlAsync(HttpMethod.Post, "/api/tokens", new { kind = "proxy", limits });
        var session = await cluster.ControlAsync(HttpMethod.Post, "/api/tokens", new { kind = "session", limits });

        var streams = new List<(HttpResponseMessage Answer, EventReader Events)>();
        foreach (var gateway in cluster.Gateways)
        {
            // Made a moment ago, tried once.
            Assert.Equal(200, await cluster.StatusAsync(gateway, (string)proxy["token"]!));
            Assert.Equal(200, await cluster.StatusAsync(gateway, (string)session["token"]!));
            var answer = await cluster.ChatAsync(gateway, (string)proxy["token"]!, "[[tokens:60]]", isStream: true, fault: """{"gate":"shut"}""");
            streams.Add((answer, await EventReader.OfAsync(answer)));
        }
        using var captured = await cluster.Client.GetAsync(new Uri(cluster.Mock, "/__captured"));
        Assert.Contains(KeyCanary, await captured.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        var clock = Stopwatch.StartNew();
        await cluster.ControlAsync(HttpMethod.Post, $"/api/tokens/{proxy["id"]}/revoke");
        foreach (var (answer, events) in streams)
        {
            Refused.AssertLastEvent(await events.RestAsync().WaitAsync(TimeSpan.FromSeconds(10)), "openai", 401, "token_revoked");
            events.Dispose();
            answer.Dispose();
        }
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, 3 * Second);
        Assert.All(await Task.WhenAll(cluster.Gateways.Select(gateway => cluster.StatusAsync(gateway, (string)proxy["token"]!))), status => Assert.Equal(401, status));

        // Every request is in Postgres, by way of Redis, and the accounts say the same.
        await Product.EventuallyAsync(async () => (int)(await cluster.ControlAsync(HttpMethod.Get, "/api/usage"))["totals"]!["requests"]! == 6, "all usage is recorded");
        Assert.True((decimal)(await cluster.ControlAsync(HttpMethod.Get, $"/api/tokens/{session["id"]}"))["limits"]![0]!["spent"]! > 0);

        var kept = await ClusterDump.OfAsync(cluster);
        Assert.All([KeyCanary, (string)proxy["token"]!, (string)session["token"]!, RunningCluster.AdminKey, cluster.MasterKey], secret => Assert.DoesNotContain(secret, kept, StringComparison.Ordinal));
        Assert.Contains("cred_", kept, StringComparison.Ordinal);
        Assert.All([KeyCanary, (string)proxy["token"]!], secret => Assert.DoesNotContain(cluster.Log, line => line.Contains(secret, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_revocation_ends_streams_at_every_gateway_within_a_second()
    {
        const int Times = 9;
        await using var cluster = await RunningCluster.StartAsync(gateways: 2);
        await cluster.ControlAsync(HttpMethod.Post, "/api/credentials", new { provider = "openai", label = "l", secret = KeyCanary });
        var took = new List<TimeSpan>();
        for (var time = 0; time < Times; time++)
        {
            var token = await cluster.ControlAsync(HttpMethod.Post, "/api/tokens", new { kind = "proxy" });
            var ends = new List<Task>();
            foreach (var gateway in cluster.Gateways)
            {
                var answer = await cluster.ChatAsync(gateway, (string)token["token"]!, "[[tokens:60]]", isStream: true, fault: """{"gate":"shut"}""");
                var events = await EventReader.OfAsync(answer);
                ends.Add(events.RestAsync().ContinueWith(_ => events.Dispose(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default));
            }
            var clock = Stopwatch.StartNew();
            await cluster.ControlAsync(HttpMethod.Post, $"/api/tokens/{token["id"]}/revoke");
            await Task.WhenAll(ends).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
            took.Add(clock.Elapsed);
        }
        // One that a busy machine holds up tells nothing.
        Assert.InRange(took.Order().ElementAt(Times / 2), TimeSpan.Zero, Second);
    }

    [Fact]
    public async Task A_change_that_stands_is_answered_as_such_while_accounts_are_away()
    {
        await using var cluster = await RunningCluster.StartAsync(gateways: 0);
        var limits = new[] { new { unit = "requests", limit = 10, window = "lifetime" } };
        var token = (string)(await cluster.ControlAsync(HttpMethod.Post, "/api/tokens", new { kind = "proxy", limits }))["id"]!;
        var project = (string)(await cluster.ControlAsync(HttpMethod.Post, "/api/projects", new { name = "p", limits }))["id"]!;
        await cluster.Redis.KillAsync();

        var toppedUp = (await cluster.ControlAsync(HttpMethod.Post, $"/api/tokens/{token}/limits/top-up", new { unit = "requests", amount = 5 }))["limits"]![0]!;
        var renamed = await cluster.ControlAsync(HttpMethod.Patch, $"/api/projects/{project}", new { name = "renamed" });
        var made = await cluster.ControlAsync(HttpMethod.Post, "/api/projects", new { name = "made", limits });

        Assert.Equal((15, null, null), ((int)toppedUp["limit"]!, (int?)toppedUp["spent"], (int?)toppedUp["remaining"]));
        Assert.Equal(("renamed", 10, null), ((string)renamed["name"]!, (int)renamed["limits"]![0]!["limit"]!, (int?)renamed["limits"]![0]!["spent"]));
        Assert.Equal(10, (int)made["limits"]![0]!["limit"]!);
        // What was asked for is not there.
        using (var refused = await cluster.Admin.GetAsync(new Uri($"/api/tokens/{token}/limits", UriKind.Relative), TestContext.Current.CancellationToken))
        {
            Assert.Equal(503, (int)refused.StatusCode);
        }
        await cluster.Redis.StartAgainAsync();
        await Product.EventuallyAsync(
            async () =>
            {
                using var answer = await cluster.Admin.GetAsync(new Uri($"/api/tokens/{token}/limits", UriKind.Relative), TestContext.Current.CancellationToken);
                return answer.IsSuccessStatusCode && (await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Contains("\"remaining\":15", StringComparison.Ordinal);
            },
            "what is left is told again");
    }

    [Fact]
    public async Task An_idle_gateway_is_not_ready_while_accounts_that_were_lost_are_not_rebuilt()
    {
        await using var cluster = await RunningCluster.StartAsync(gateways: 1);
        var gateway = cluster.Gateways[0];
        // Who would rebuild them can't.
        cluster.PostgresLine.Cut();
        await cluster.Redis.Database.KeyDeleteAsync("cp:{quota}:epoch");

        await cluster.BecomesAsync(503, gateway);
        using (var answer = await cluster.Client.GetAsync(new Uri(gateway.Address, "/ready"), TestContext.Current.CancellationToken))
        {
            Assert.Contains("the accounts in Redis were lost", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }
        using (var alive = await cluster.Client.GetAsync(new Uri(gateway.Address, "/alive"), TestContext.Current.CancellationToken))
        {
            Assert.Equal(200, (int)alive.StatusCode);
        }
        cluster.PostgresLine.Mend();
        await cluster.BecomesAsync(200, gateway);
    }

    [Fact]
    public async Task Gateways_serve_without_postgres_and_without_redis_as_long_as_their_leases_allow()
    {
        await using var cluster = await RunningCluster.StartAsync(gateways: 1);
        var gateway = cluster.Gateways[0];
        await cluster.ControlAsync(HttpMethod.Post, "/api/credentials", new { provider = "openai", label = "l", secret = KeyCanary });
        var known = (string)(await cluster.ControlAsync(HttpMethod.Post, "/api/tokens", new { kind = "proxy", limits = new[] { new { unit = "requests", limit = 10_000, window = "lifetime" } } }))["token"]!;
        var other = (string)(await cluster.ControlAsync(HttpMethod.Post, "/api/tokens", new { kind = "proxy" }))["token"]!;
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(200, await cluster.StatusAsync(gateway, known));
        }

        cluster.PostgresLine.Cut();
        await Product.EventuallyAsync(async () => await cluster.ReadyAsync(cluster.Admin.BaseAddress!) == 503, "the control plane says that it is not ready");
        using (var refused = await cluster.Admin.GetAsync(new Uri("/api/tokens", UriKind.Relative), TestContext.Current.CancellationToken))
        {
            Assert.Equal(503, (int)refused.StatusCode);
            Assert.NotNull(refused.Headers.RetryAfter);
            Assert.Contains("\"store_unavailable\"", await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }
        Assert.Equal(200, await cluster.StatusAsync(gateway, known));
        // One that starts now knows everything as well.
        var late = await cluster.StartGatewayAsync();
        await cluster.BecomesAsync(200, late);
        Assert.Equal(200, await cluster.StatusAsync(late, known));
        cluster.PostgresLine.Mend();

        await cluster.Redis.KillAsync();
        Assert.Equal(200, await cluster.StatusAsync(gateway, known));
        using (var unknown = await cluster.ChatAsync(gateway, other))
        {
            Assert.Equal(503, (int)unknown.StatusCode);
            Assert.NotNull(unknown.Headers.RetryAfter);
            Assert.Contains("\"error\"", await unknown.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
        await Product.EventuallyAsync(async () => await cluster.StatusAsync(gateway, known) == 503, "leases are spent no more");
        await cluster.BecomesAsync(503, gateway);
        // One that starts without Redis waits for it.
        var early = await cluster.StartGatewayAsync();
        Assert.Equal(503, await cluster.ReadyAsync(early.Address));

        await cluster.Redis.StartAgainAsync();
        await cluster.BecomesAsync(200, gateway);
        await cluster.BecomesAsync(200, early);
        foreach (var one in cluster.Gateways)
        {
            await Product.EventuallyAsync(async () => await cluster.StatusAsync(one, known) == 200, "it serves again");
            await Product.EventuallyAsync(async () => await cluster.StatusAsync(one, other) == 200, "it knows the other token");
        }
        await Product.EventuallyAsync(async () => await cluster.ReadyAsync(cluster.Admin.BaseAddress!) == 200, "the control plane is ready again");
    }
}
