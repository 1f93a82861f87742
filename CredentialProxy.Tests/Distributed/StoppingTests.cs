using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using CredentialProxy.Gateway.Hosting;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Distributed;

/// <summary>A gateway that is told to stop: first it says so, then it lets running requests end, then it cuts what is left; and whatever happens it settles and gives back what it had leased.</summary>
public sealed class StoppingTests
{
    private const string Shut = """{"gate":"shut"}""";

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task At_first_ready_says_no_while_requests_are_served_each_of_which_ends_its_connection(string version)
    {
        await using var cluster = await RunningCluster.StartAsync(gateways: 0);
        var (gateway, token) = await StartAsync(cluster, ("Stopping:ReadinessDelay", "00:05:00"));
        var connections = 0;
        using var client = ClientThatCounts(() => Interlocked.Increment(ref connections));
        Assert.False(await IsLastOfConnectionAsync());
        Assert.False(await IsLastOfConnectionAsync());
        Assert.Equal(1, connections);

        using var hurry = new CancellationTokenSource();
        var stopping = gateway.StopAsync(hurry.Token).AsTask();
        using (var ready = await cluster.Client.GetAsync(new Uri(gateway.Address, "/ready"), TestContext.Current.CancellationToken))
        {
            Assert.Equal(503, (int)ready.StatusCode);
            Assert.Contains("it is stopping", await ready.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }
        // HTTP/2 tells it beside the answer, and the client may hear of it after its next request.
        await Product.EventuallyAsync(async () => await IsLastOfConnectionAsync() == (version == "1.1") && connections > 2, "connections end");
        await hurry.CancelAsync();
        await stopping;
        await Assert.ThrowsAsync<HttpRequestException>(() => cluster.ReadyAsync(gateway.Address));

        async Task<bool> IsLastOfConnectionAsync()
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(gateway.Address, "/openai/v1/models")) { Version = Version.Parse(version), VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            request.Headers.Authorization = new("Bearer", token);
            using var answer = await client.SendAsync(request);
            await answer.Content.ReadAsStringAsync();
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            return answer.Headers.ConnectionClose ?? false;
        }
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task A_stream_under_way_is_finished_and_what_was_leased_is_given_back(string version)
    {
        await using var cluster = await RunningCluster.StartAsync(gateways: 0);
        var (gateway, token) = await StartAsync(cluster, ("Stopping:DrainTimeout", "00:05:00"));
        using var answer = await cluster.ChatAsync(gateway.Address, token, "[[tokens:60]]", isStream: true, fault: Shut, version: version);
        using var events = await EventReader.OfAsync(answer);
        Assert.NotNull(await events.NextAsync());

        var stopping = gateway.StopAsync(CancellationToken.None).AsTask();
        await Product.EventuallyAsync(() => IsClosedAsync(gateway.Address), "no connection is taken any more");
        Assert.False(stopping.IsCompleted);
        await cluster.OpenGateAsync("shut", 1000);

        Assert.Equal("data: [DONE]", (await events.RestAsync())[^1]);
        await stopping;
        await AssertSettledAsync(cluster, output: 60);
    }

    [Fact]
    public async Task What_has_not_ended_in_time_is_told_so_in_the_providers_words_and_charged()
    {
        await using var cluster = await RunningCluster.StartAsync(gateways: 0);
        var (gateway, token) = await StartAsync(cluster, ("Stopping:DrainTimeout", "00:00:00.2"));
        using var answer = await cluster.ChatAsync(gateway.Address, token, "[[tokens:60]]", isStream: true, fault: Shut);
        using var events = await EventReader.OfAsync(answer);
        Assert.NotNull(await events.NextAsync());
        var silent = cluster.ChatAsync(gateway.Address, token, fault: """{"hang":true}""");
        await Product.EventuallyAsync(async () => (await CapturedAsync(cluster)).Count == 2, "both are upstream");

        await gateway.StopAsync(CancellationToken.None);

        Refused.AssertLastEvent(await events.RestAsync(), "openai", 503, "gateway_stopping");
        using var refused = await silent;
        await Refused.AssertAsync(refused, "openai", HttpStatusCode.ServiceUnavailable, "gateway_stopping");
        await Product.EventuallyAsync(async () => (await CapturedAsync(cluster)).All(request => (bool)request!["isAborted"]!), "the calls are cancelled upstream");
        await cluster.AssertNothingIsLeasedAsync();
        await Product.EventuallyAsync(async () => (int)(await TotalsAsync(cluster))["requests"]! == 2, "both are recorded");
    }

    [Fact]
    public async Task A_second_signal_cuts_what_runs_and_the_process_still_settles_and_ends_in_order()
    {
        await using var cluster = await RunningCluster.StartAsync(gateways: 0);
        var settings = new Dictionary<string, string?>(cluster.GatewaySettings) { ["Stopping:ReadinessDelay"] = "00:05:00", ["Stopping:DrainTimeout"] = "00:05:00" };
        await using var process = StartedProcess.Of(
            Path.Combine(AppContext.BaseDirectory, "CredentialProxy.Gateway.dll"), [], [.. settings.Select(setting => (setting.Key.Replace(":", "__", StringComparison.Ordinal), setting.Value!))]);
        var address = new Uri((await process.PrintedAsync("The gateway listens on")).Split(' ', ';').Single(word => word.StartsWith("http", StringComparison.Ordinal)));
        await Product.EventuallyAsync(async () => await cluster.ReadyAsync(address) == 200, "the gateway is ready");
        var token = await MintAsync(cluster);
        using var answer = await cluster.ChatAsync(address, token, "[[tokens:60]]", isStream: true, fault: Shut);
        using var events = await EventReader.OfAsync(answer);
        Assert.NotNull(await events.NextAsync());

        await process.SignalAsync("TERM");
        await process.PrintedAsync("Stopping");
        Assert.Equal(503, await cluster.ReadyAsync(address));
        await process.SignalAsync("TERM");

        Refused.AssertLastEvent(await events.RestAsync(), "openai", 503, "gateway_stopping");
        Assert.Equal(0, await process.ExitAsync());
        await cluster.AssertNothingIsLeasedAsync();
        Assert.Equal(0, await cluster.Redis.Database.SortedSetLengthAsync("cp:{quota}:holders"));
        await Product.EventuallyAsync(async () => (int)(await TotalsAsync(cluster))["requests"]! == 1, "it is recorded");
    }

    [Theory]
    [InlineData("Stopping__DrainTimeout", "01:00:01", "The setting Stopping:DrainTimeout is not valid: it must be a time span from 00:00:00 to 01:00:00.")]
    [InlineData("Stopping__ReadinessDelay", "soon", "The setting Stopping:ReadinessDelay is not valid: it must be a time span from 00:00:00 to 00:05:00.")]
    [InlineData("Stopping__DrainSeconds", "5", "The setting Stopping:DrainSeconds is not known. Those of Stopping are ReadinessDelay, DrainTimeout.")]
    public async Task A_wrong_setting_is_said_at_the_start(string name, string value, string expected)
    {
        await using var process = StartedProcess.Of(
            Path.Combine(AppContext.BaseDirectory, "CredentialProxy.Gateway.dll"), [], ("ConnectionStrings__redis", "localhost"), ("CREDENTIAL_PROXY_MASTER_KEY", KeyRings.RingSettingsOf.NewMasterKey()), (name, value));
        Assert.Equal(1, await process.ExitAsync());
        Assert.Equal(expected, Assert.Single(process.Errors));
    }

    private static async Task<(GatewayHost Gateway, string Token)> StartAsync(RunningCluster cluster, (string Name, string Value) setting)
    {
        var gateway = await cluster.StartGatewayAsync(setting);
        await cluster.BecomesAsync(200, gateway);
        var token = await MintAsync(cluster);
        return (gateway, token);
    }

    private static async Task<string> MintAsync(RunningCluster cluster)
    {
        await cluster.ControlAsync(HttpMethod.Post, "/api/credentials", new { provider = "openai", label = "l", secret = "sk-of-the-provider" });
        return (string)(await cluster.ControlAsync(HttpMethod.Post, "/api/tokens", new { kind = "proxy", limits = new[] { new { unit = "requests", limit = 100_000, window = "lifetime" } } }))["token"]!;
    }

    private static async Task AssertSettledAsync(RunningCluster cluster, int output)
    {
        await cluster.AssertNothingIsLeasedAsync();
        await Product.EventuallyAsync(async () => (int)(await TotalsAsync(cluster))["requests"]! == 1, "it is recorded");
        Assert.Equal(output, (int)(await TotalsAsync(cluster))["outputTokens"]!);
    }

    private static async Task<JsonNode> TotalsAsync(RunningCluster cluster) => (await cluster.ControlAsync(HttpMethod.Get, "/api/usage"))["totals"]!;

    private static async Task<JsonArray> CapturedAsync(RunningCluster cluster)
    {
        using var answer = await cluster.Client.GetAsync(new Uri(cluster.Mock, "/__captured"));
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync())!.AsArray();
    }

    private static async Task<bool> IsClosedAsync(Uri address)
    {
        using var socket = new TcpClient();
        try
        {
            await socket.ConnectAsync(address.Host, address.Port);
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    private static HttpClient ClientThatCounts(Action connected) => new(new SocketsHttpHandler
    {
        UseProxy = false,
        ConnectCallback = async (context, cancellationToken) =>
        {
            connected();
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        },
    });
}
