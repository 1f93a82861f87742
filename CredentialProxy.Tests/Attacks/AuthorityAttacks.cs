using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Attacks;

/// <summary>Headers, methods and bodies that would have a proxy go elsewhere, or do something else, than its configuration says.</summary>
public sealed class AuthorityAttacks(AttackedProduct attacked) : IClassFixture<AttackedProduct>
{
    private static readonly string[] Misleading =
    [
        "X-Forwarded-Host: {evil}", "X-Forwarded-Server: {evil}", "X-Forwarded-Proto: https", "X-Forwarded-Port: 443", "X-Forwarded-Prefix: /evil", "X-Forwarded-Path: /evil", "X-Forwarded-For: 127.0.0.1", "X-Host: {evil}",
        "X-HTTP-Host-Override: {evil}", "X-Original-URL: http://{evil}/", "X-Rewrite-URL: //{evil}/", "X-Original-Host: {evil}", "X-Original-URI: /v1/organization/keys", "Forwarded: for=127.0.0.1;host={evil};proto=https",
        "X-Real-IP: 127.0.0.1", "Via: 1.1 {evil}", "True-Client-IP: 127.0.0.1", "X-HTTP-Method-Override: DELETE", "X-HTTP-Method: DELETE", "X-Method-Override: DELETE", "Destination: http://{evil}/", "Proxy-Connection: keep-alive",
        "X-Upstream: {evil}", "X-Base-Url: http://{evil}", "X-Api-Base: http://{evil}", "Referer: http://{evil}/", "Max-Forwards: 0", "Connection: close, authorization, content-type",
    ];

    [Fact]
    [Trait("threat", "reach-2")]
    [Trait("threat", "fault-14")]
    public async Task Headers_that_name_another_place_change_nothing_and_go_nowhere()
    {
        attacked.Upstream.Forget();
        var answer = await RawConnection.AskAsync(attacked.Gateway, attacked.Chat(headers: string.Concat(Misleading.Select(header => Fill(header) + "\r\n"))));

        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        var seen = Assert.Single(attacked.Upstream.Requests);
        Assert.StartsWith("POST /v1/chat/completions HTTP/1.1\r\n", seen, StringComparison.Ordinal);
        var names = seen[..seen.IndexOf("\r\n\r\n", StringComparison.Ordinal)].Split("\r\n")[1..].Select(line => line.Split(':')[0].ToLowerInvariant()).Order();
        Assert.Equal(["accept-encoding", "authorization", "content-length", "content-type", "host"], names);
        Assert.Equal(attacked.Upstream.Host, WireReader.ValueOf(seen.Split("\r\n"), "host"));
        Assert.Equal(0, attacked.Evil.Connections);
    }

    [Theory]
    [InlineData("{evil}")]
    [InlineData("api.openai.com:443")]
    [InlineData("[::1]:80")]
    [InlineData("localhost")]
    [Trait("threat", "reach-2")]
    public async Task Whatever_host_a_client_names_the_upstream_s_own_is_asked(string host)
    {
        attacked.Upstream.Forget();
        var answer = await RawConnection.AskAsync(attacked.Gateway, attacked.Chat().Replace("Host: " + attacked.Gateway.Authority, "Host: " + Fill(host), StringComparison.Ordinal));
        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        Assert.Equal(attacked.Upstream.Host, WireReader.ValueOf(Assert.Single(attacked.Upstream.Requests).Split("\r\n"), "host"));
        Assert.Equal(0, attacked.Evil.Connections);
    }

    [Theory]
    [InlineData("Host: {gateway}\r\nHost: {evil}")]
    [InlineData("Host: {evil}/path")]
    [InlineData("Host: user@{evil}")]
    [InlineData("Host: a b")]
    [InlineData("X-No-Host: 1")]
    [Trait("threat", "reach-2")]
    public async Task A_host_that_is_none_or_two_is_refused(string lines)
    {
        attacked.Upstream.Forget();
        var request = attacked.Chat().Replace("Host: " + attacked.Gateway.Authority, Fill(lines).Replace("{gateway}", attacked.Gateway.Authority, StringComparison.Ordinal), StringComparison.Ordinal);
        attacked.AssertNothingArrived(await RawConnection.AskAsync(attacked.Gateway, request));
    }

    [Theory]
    [InlineData("CONNECT", "{evil}")]
    [InlineData("CONNECT", "/openai/v1/chat/completions")]
    [InlineData("TRACE", "/openai/v1/chat/completions")]
    [InlineData("TRACK", "/openai/v1/chat/completions")]
    [InlineData("OPTIONS", "*")]
    [InlineData("OPTIONS", "/openai/v1/chat/completions")]
    [InlineData("HEAD", "/openai/v1/models")]
    [InlineData("GET", "/openai/v1/chat/completions")]
    [InlineData("DELETE", "/openai/v1/models/gpt-4o")]
    [InlineData("PUT", "/openai/v1/chat/completions")]
    [InlineData("PATCH", "/openai/v1/chat/completions")]
    [InlineData("post", "/openai/v1/chat/completions")]
    [InlineData("Post", "/openai/v1/chat/completions")]
    [InlineData("BREW", "/openai/v1/chat/completions")]
    [InlineData("PROPFIND", "/openai/v1/models")]
    [InlineData("POST\t", "/openai/v1/chat/completions")]
    [InlineData("PO ST", "/openai/v1/chat/completions")]
    [Trait("threat", "reach-4")]
    public async Task A_method_that_has_no_endpoint_reaches_no_upstream(string method, string target)
    {
        attacked.Upstream.Forget();
        var request = attacked.Chat(Fill(target), "X-HTTP-Method-Override: POST\r\nX-Method-Override: POST\r\nX-HTTP-Method: POST\r\nConnection: close\r\n", method: method);
        using var connection = await RawConnection.OpenAsync(attacked.Gateway);
        await connection.SendAsync(request);
        // What answers a HEAD has a length and no body.
        attacked.AssertNothingArrived(await connection.RestAsync());
    }

    [Theory]
    [InlineData("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13")]
    [InlineData("Upgrade: SPDY/3.1\r\nConnection: Upgrade")]
    [InlineData("Upgrade: TLS/1.2\r\nConnection: Upgrade")]
    [InlineData("Upgrade: websocket, h2c\r\nConnection: Upgrade")]
    [Trait("threat", "reach-4")]
    public async Task An_upgrade_on_an_endpoint_that_has_none_is_refused(string headers)
    {
        attacked.Upstream.Forget();
        var answer = await RawConnection.AskAsync(attacked.Gateway, attacked.Get("/openai/v1/models", headers + "\r\n"));
        attacked.AssertNothingArrived(answer);
        Assert.StartsWith("HTTP/1.1 426 ", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nUpgrade: HTTP/1.1\r\n", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA")]
    [InlineData("Upgrade: h2c, websocket\r\nConnection: Upgrade")]
    [InlineData("Upgrade: websocket")]
    [Trait("threat", "reach-4")]
    public async Task An_offer_to_switch_protocols_is_passed_over_and_not_passed_on(string headers)
    {
        attacked.Upstream.Forget();
        var answer = await RawConnection.AskAsync(attacked.Gateway, attacked.Get("/openai/v1/models", headers + "\r\n"));
        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        var seen = Assert.Single(attacked.Upstream.Requests);
        Assert.DoesNotContain("upgrade", seen, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("http2-settings", seen, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    [Trait("threat", "reach-5")]
    public async Task Addresses_in_the_body_and_the_query_are_the_upstream_s_to_read_and_nobody_else_s()
    {
        attacked.Upstream.Forget();
        var address = $"http://{attacked.Evil.Host}/hook";
        var names = new[] { "api_base", "base_url", "endpoint", "webhook", "webhook_url", "url", "upstream", "proxy", "host" };
        var body = AttackedProduct.ChatBody[..^1] + string.Concat(names.Select(name => $",\"{name}\":\"{address}\"")) + "}";
        var query = "?" + string.Join('&', names.Select(name => $"{name}={address}"));

        var answer = await RawConnection.AskAsync(attacked.Gateway, attacked.Chat(AttackedProduct.ChatPath + query, body: body));

        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        var seen = Assert.Single(attacked.Upstream.Requests);
        Assert.StartsWith($"POST /v1/chat/completions{query} HTTP/1.1\r\n", seen, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n" + body, seen, StringComparison.Ordinal);
        Assert.Equal(0, attacked.Evil.Connections);
    }

    private string Fill(string text) => text.Replace("{evil}", attacked.Evil.Host, StringComparison.Ordinal);
}
