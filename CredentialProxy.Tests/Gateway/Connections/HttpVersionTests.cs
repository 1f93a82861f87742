using System.Net;
using System.Net.Sockets;
using System.Text;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Gateway.Connections;

/// <summary>HTTP/1.1 and HTTP/2 with prior knowledge, without TLS, on one and the same port.</summary>
public sealed class HttpVersionTests(Product product) : IClassFixture<Product>
{
    public static MatrixTheoryData<string, bool> Versions => new(["1.1", "2.0"], [false, true]);

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Both_versions_are_served_on_one_port(string version, bool isStream)
    {
        var token = await product.CreateTokenAsync(new { kind = "proxy" });
        using var request = Chat((string)token["token"]!, isStream, version);
        using var answer = await product.Client.SendAsync(request);
        Assert.Equal((HttpStatusCode.OK, Version.Parse(version)), (answer.StatusCode, answer.Version));
        Assert.Contains("quick", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(1, (await product.SettledAsync(token)).Requests);
    }

    [Fact]
    public async Task A_hundred_requests_share_one_connection_of_HTTP_2()
    {
        var connections = 0;
        using var client = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (context, cancellationToken) =>
            {
                Interlocked.Increment(ref connections);
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
        var token = await product.MintAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => client.SendAsync(Chat(token, isStream: i % 2 == 0, "2.0"))));
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        Assert.Equal(1, connections);
    }

    [Fact]
    public async Task A_stream_that_a_client_of_HTTP_2_resets_is_cancelled_upstream_and_the_connection_lives_on()
    {
        await product.ForgetAsync();
        var token = await product.MintAsync();
        using (var request = Chat(token, isStream: true, "2.0", """{"gate":"reset"}"""))
        {
            using var answer = await product.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            using var events = await EventReader.OfAsync(answer);
            Assert.NotNull(await events.NextAsync());
        }
        await Product.EventuallyAsync(async () => (bool)Assert.Single(await product.CapturedAsync())!["isAborted"]!, "the upstream call is cancelled");
        await product.NothingIsHeldAsync();
        using var next = Chat(token, isStream: false, "2.0");
        using var served = await product.Client.SendAsync(next);
        Assert.Equal(HttpStatusCode.OK, served.StatusCode);
    }

    [Theory]
    [InlineData("PRI * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 405 ")]
    [InlineData("nonsense\r\n\r\n", "HTTP/1.1 400 ")]
    // A GOAWAY frame, in case the other side does speak HTTP/2.
    [InlineData("PRI * HTTP/2.0\r\nHost: x\r\n\r\n", "\0\0\b\a\0")]
    public async Task What_only_looks_like_the_preface_is_sent_away(string bytes, string expected) =>
        Assert.StartsWith(expected, await RawClient.SendAsync(product.Gateway, bytes), StringComparison.Ordinal);

    [Fact]
    public async Task An_offer_to_upgrade_to_h2c_is_passed_over()
    {
        var body = ProviderCall.Of("openai").Body("Hi", 16, false).ToJsonString();
        var headers = $"Authorization: Bearer {await product.MintAsync()}\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n";
        var answer = await RawClient.SendAsync(
            product.Gateway, RawClient.Post(product.Gateway, "/v1/chat/completions", headers, body).Replace("Connection: close", "Connection: close, Upgrade, HTTP2-Settings", StringComparison.Ordinal));
        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2.0")]
    [InlineData("1.1")]
    public async Task Trailers_pass_to_a_client_that_can_have_them(string version)
    {
        // An upstream that writes its own HTTP: Kestrel sends no trailers over HTTP/1.1.
        await using var upstream = new RawUpstream(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nTrailer: server-timing, x-account\r\n\r\n2\r\n{}\r\n0\r\nserver-timing: dur=42\r\nx-account: 7\r\n\r\n");
        await using var other = await Product.StartAsync(("Providers:raw:BaseUrl", upstream.Address), ("Providers:raw:ApiKey", "sk-raw"), ("Providers:raw:Endpoints:0", "GET /thing"));
        using var request = other.Request(HttpMethod.Get, "/raw/thing", await other.MintAsync());
        request.Version = Version.Parse(version);
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;

        using var answer = await other.Client.SendAsync(request);

        Assert.Equal("{}", await answer.Content.ReadAsStringAsync());
        Assert.Equal(version == "2.0" ? "dur=42" : null, answer.TrailingHeaders.TryGetValues("server-timing", out var values) ? values.Single() : null);
        Assert.False(answer.TrailingHeaders.Contains("x-account"));
        Assert.Contains("Authorization: Bearer sk-raw", upstream.Received, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    // Read for its model, and passed on unread.
    [InlineData("openai-chat", """{"model":"gpt-4o","messages":[]}""", "[]}")]
    [InlineData("none", "some bytes", "\r\n0\r\n")]
    public async Task Trailers_of_a_request_are_left_out(string dialect, string body, string end)
    {
        await using var upstream = new RawUpstream("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}", end);
        await using var other = await Product.StartAsync(("Providers:raw:BaseUrl", upstream.Address), ("Providers:raw:ApiKey", "sk-raw"), ("Providers:raw:Endpoints:0", "POST /thing"), ("Providers:raw:Dialect", dialect));
        var answer = await RawClient.SendAsync(
            other.Gateway,
            $"POST /raw/thing HTTP/1.1\r\nHost: {other.Gateway.Authority}\r\nConnection: close\r\nAuthorization: Bearer {await other.MintAsync()}\r\nContent-Type: application/json\r\n" +
            $"Transfer-Encoding: chunked\r\nTrailer: x-api-key, x-later\r\n\r\n{body.Length:x}\r\n{body}\r\n0\r\nx-api-key: smuggled\r\nx-later: smuggled\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        Assert.Contains(body, upstream.Received, StringComparison.Ordinal);
        Assert.DoesNotContain("smuggled", upstream.Received, StringComparison.Ordinal);
        Assert.DoesNotContain("x-later", upstream.Received, StringComparison.OrdinalIgnoreCase);
    }

    private HttpRequestMessage Chat(string token, bool isStream, string version, string? fault = null)
    {
        var request = product.Post("/v1/chat/completions", token, new StringContent(ProviderCall.Of("openai").Body("Hi", 16, isStream).ToJsonString(), Encoding.UTF8, "application/json"));
        request.Version = Version.Parse(version);
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        if (fault is not null)
        {
            request.Headers.Add("x-mock-fault", fault);
        }
        return request;
    }
}
