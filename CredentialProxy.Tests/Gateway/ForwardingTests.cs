using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Gateway;

/// <summary>What passes through, and how an upstream that misbehaves looks from outside.</summary>
public sealed class ForwardingTests(Product product) : IClassFixture<Product>
{
    [Fact]
    public async Task Each_event_leaves_as_it_arrives()
    {
        using var answer = await product.ChatAsync(await product.MintAsync(), isStream: true, fault: """{"chunkDelayMs":3000}""");
        await using var body = await answer.Content.ReadAsStreamAsync();
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        // The second event is three seconds away: the first must be here without it.
        var first = await new StreamReader(body).ReadLineAsync(soon.Token);
        Assert.StartsWith("data: {", first, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gzip", false)]
    [InlineData("br", false)]
    [InlineData("gzip", true)]
    [InlineData("br", true)]
    public async Task A_compressed_answer_is_readable_and_metered(string encoding, bool isStream)
    {
        var token = await product.CreateTokenAsync(new { kind = "proxy" });
        using var answer = await product.ChatAsync((string)token["token"]!, isStream: isStream, fault: $$"""{"encoding":"{{encoding}}"}""");
        var text = await answer.Content.ReadAsStringAsync();
        Assert.Contains("quick", text, StringComparison.Ordinal);
        Assert.Empty(answer.Content.Headers.ContentEncoding);
        Assert.Equal(16, (long)(await product.UsageAsync($"?token={token["id"]}"))["totals"]!["outputTokens"]!);
    }

    [Fact]
    public async Task The_usage_chunk_that_the_client_did_not_ask_for_is_withheld()
    {
        using var answer = await product.ChatAsync(await product.MintAsync(), isStream: true);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.DoesNotContain("\"choices\":[]", text, StringComparison.Ordinal);
        Assert.EndsWith("data: [DONE]\n\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Our_headers_come_and_what_is_the_account_s_stays_behind()
    {
        using var answer = await product.ChatAsync(await product.MintAsync());
        Assert.StartsWith("req_", answer.Headers.GetValues("x-credential-proxy-request-id").Single(), StringComparison.Ordinal);
        Assert.True(answer.Headers.Contains("x-request-id"));
        Assert.False(answer.Headers.Contains("openai-organization"));
        Assert.False(answer.Headers.Contains("set-cookie"));
    }

    [Theory]
    [InlineData("""{"reset":true}""", HttpStatusCode.BadGateway, "upstream_unavailable")]
    [InlineData("""{"status":503}""", HttpStatusCode.ServiceUnavailable, null)]
    [InlineData("""{"status":429,"retryAfter":7}""", HttpStatusCode.TooManyRequests, null)]
    [InlineData("""{"geo403":true}""", HttpStatusCode.Forbidden, null)]
    public async Task An_upstream_that_fails_is_told_apart_from_a_refusal_of_ours(string fault, HttpStatusCode status, string? code)
    {
        using var answer = await product.ChatAsync(await product.MintAsync(), fault: fault);
        Assert.Equal(status, answer.StatusCode);
        Assert.Equal(code, answer.Headers.TryGetValues("x-credential-proxy-error", out var codes) ? codes.Single() : null);
        await product.NothingIsHeldAsync();
        Assert.DoesNotContain(product.Log, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_redirect_is_not_followed_and_its_address_does_not_pass()
    {
        await product.ForgetAsync();
        using var answer = await product.ChatAsync(await product.MintAsync(), fault: """{"location":"http://127.0.0.1:1/stolen","status":307}""");
        Assert.Equal(HttpStatusCode.TemporaryRedirect, answer.StatusCode);
        Assert.Null(answer.Headers.Location);
        Assert.Single(await product.CapturedAsync());
    }

    [Fact]
    public async Task A_stream_that_the_upstream_breaks_ends_in_an_error_event()
    {
        using var answer = await product.ChatAsync(await product.MintAsync(), isStream: true, fault: """{"cutAfterChunks":4,"chunkDelayMs":50}""");
        var text = await answer.Content.ReadAsStringAsync();
        var last = text.TrimEnd().Split("\n\n")[^1];
        Assert.StartsWith("data: {\"error\"", last, StringComparison.Ordinal);
        Assert.Equal("upstream_unavailable", (string?)JsonNode.Parse(last["data: ".Length..])!["error"]!["code"]);
        await product.NothingIsHeldAsync();
    }

    [Fact]
    public async Task Uploads_and_downloads_pass_byte_for_byte()
    {
        await product.ForgetAsync();
        var token = (string)(await product.CreateTokenAsync(new { kind = "proxy", features = new[] { "files" } }))["token"]!;
        var bytes = new byte[3_000_000];
        Random(bytes);
        using var form = new MultipartFormDataContent { { new ByteArrayContent(bytes), "file", "data.bin" }, { new StringContent("user_data"), "purpose" } };
        using var upload = new HttpRequestMessage(HttpMethod.Post, new Uri(product.Gateway, "/openai/v1/files")) { Content = form };
        upload.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var uploaded = await product.Client.SendAsync(upload);
        Assert.Equal(HttpStatusCode.OK, uploaded.StatusCode);
        Assert.True((long)(await product.CapturedAsync())[0]!["bodySize"]! > bytes.Length);
        var id = (string)JsonNode.Parse(await uploaded.Content.ReadAsStringAsync())!["id"]!;

        using var download = new HttpRequestMessage(HttpMethod.Get, new Uri(product.Gateway, $"/openai/v1/files/{id}/content"));
        download.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var downloaded = await product.Client.SendAsync(download);
        var content = await downloaded.Content.ReadAsByteArrayAsync();
        Assert.Equal(256 * 1024, content.Length);
        Assert.All(content.Index(), item => Assert.Equal((byte)(item.Index * 31), item.Item));
    }

    [Fact]
    public async Task A_large_body_is_metered_without_being_held_by_the_connection()
    {
        var token = await product.CreateTokenAsync(new { kind = "proxy" });
        using var answer = await product.ChatAsync((string)token["token"]!, string.Concat(Enumerable.Repeat("fox ", 400_000)) + "[[tokens:5]]");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(5, (long)(await product.UsageAsync($"?token={token["id"]}"))["totals"]!["outputTokens"]!);
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Http_1_and_2_are_served_on_one_port(string version)
    {
        using var request = Chat(await product.MintAsync());
        request.Version = Version.Parse(version);
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        using var answer = await product.Client.SendAsync(request);
        Assert.Equal((HttpStatusCode.OK, Version.Parse(version)), (answer.StatusCode, answer.Version));
    }

    [Fact]
    public async Task Trailers_pass_to_a_client_that_can_have_them()
    {
        // An upstream that writes its own HTTP: Kestrel sends no trailers over HTTP/1.1.
        await using var upstream = new RawUpstream(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nTrailer: server-timing, set-cookie\r\n\r\n2\r\n{}\r\n0\r\nserver-timing: dur=42\r\nset-cookie: stolen=1\r\n\r\n");
        await using var other = await Product.StartAsync(("Providers:raw:BaseUrl", upstream.Address), ("Providers:raw:ApiKey", "sk-raw"), ("Providers:raw:Endpoints:0", "GET /thing"));
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(other.Gateway, "/raw/thing")) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await other.MintAsync());
        using var answer = await other.Client.SendAsync(request);
        Assert.Equal("{}", await answer.Content.ReadAsStringAsync());
        Assert.Equal("dur=42", answer.TrailingHeaders.GetValues("server-timing").Single());
        Assert.False(answer.TrailingHeaders.Contains("set-cookie"));
        Assert.Contains("Authorization: Bearer sk-raw", upstream.Received, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_preflight_is_answered_without_a_token_and_the_origin_reflected()
    {
        using var preflight = new HttpRequestMessage(HttpMethod.Options, new Uri(product.Gateway, "/openai/v1/chat/completions"));
        preflight.Headers.TryAddWithoutValidation("Origin", "https://app.example");
        preflight.Headers.TryAddWithoutValidation("Access-Control-Request-Method", "POST");
        preflight.Headers.TryAddWithoutValidation("Access-Control-Request-Headers", "authorization, x-stainless-lang");
        using var allowed = await product.Client.SendAsync(preflight);
        Assert.Equal(HttpStatusCode.NoContent, allowed.StatusCode);
        Assert.Equal("https://app.example", allowed.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.Equal("authorization, x-stainless-lang", allowed.Headers.GetValues("Access-Control-Allow-Headers").Single());
        Assert.Equal("GET, POST, PUT, PATCH, DELETE, OPTIONS", allowed.Headers.GetValues("Access-Control-Allow-Methods").Single());
        Assert.Equal("86400", allowed.Headers.GetValues("Access-Control-Max-Age").Single());

        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(product.Gateway, "/openai/v1/models"));
        request.Headers.TryAddWithoutValidation("Origin", "https://app.example");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await product.MintAsync());
        using var answer = await product.Client.SendAsync(request);
        Assert.Equal("https://app.example", answer.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.Contains("x-goog-upload-url", answer.Headers.GetValues("Access-Control-Expose-Headers").Single(), StringComparison.Ordinal);
        Assert.Contains("Origin", answer.Headers.Vary);
    }

    private HttpRequestMessage Chat(string token) => new(HttpMethod.Post, new Uri(product.Gateway, "/v1/chat/completions"))
    {
        Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token) },
        Content = new StringContent("""{"model":"gpt-4o-mini","messages":[{"role":"user","content":"Hi"}]}""", Encoding.UTF8, "application/json"),
    };

    private static void Random(byte[] bytes) => System.Security.Cryptography.RandomNumberGenerator.Fill(bytes);
}
