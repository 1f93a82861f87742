using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Attacks;

/// <summary>What HTTP/2 can say that HTTP/1.1 can't, on its way to an upstream that speaks HTTP/1.1.</summary>
public sealed class Http2Attacks(AttackedProduct attacked) : IClassFixture<AttackedProduct>
{
    [Theory]
    [InlineData("{evil}", null)]
    [InlineData("{evil}", "{gateway}")]
    [InlineData("{gateway}", "{evil}")]
    [InlineData("{evil}", "{evil}")]
    [InlineData("api.openai.com", null)]
    [InlineData(null, "{evil}")]
    [Trait("threat", "reach-2")]
    public async Task Whatever_authority_and_host_say_nothing_goes_there(string? authority, string? host)
    {
        attacked.Upstream.Forget();
        var status = await AskAsync(
            [(":method", "POST"), (":scheme", "http"), .. Field(":authority", authority), (":path", AttackedProduct.ChatPath), .. Field("host", host)]);
        Assert.Contains(status, new[] { 0, 200, 400 });
        Assert.All(attacked.Upstream.Requests, seen => Assert.Equal(attacked.Upstream.Host, WireReader.ValueOf(seen.Split("\r\n"), "host")));
        Assert.Equal(status == 200 ? 1 : 0, attacked.Upstream.Requests.Count);
        Assert.Equal(0, attacked.Evil.Connections);
    }

    [Theory]
    [InlineData(":path", "//{evil}/v1/chat/completions")]
    [InlineData(":path", "http://{evil}/v1/chat/completions")]
    [InlineData(":path", "{evil}")]
    [InlineData(":path", "@{evil}/")]
    [InlineData(":path", "*")]
    [InlineData(":path", "")]
    [InlineData(":path", "/openai/v1/chat/completions/../../organization/keys")]
    [InlineData(":path", "/openai/v1/chat/completions#x")]
    [InlineData(":path", "/openai/v1/chat/completions HTTP/1.1\r\nX-Evil: 1\r\n\r\n")]
    [InlineData(":path", "/openai/v1/chat/completions\tx")]
    [InlineData(":method", "CONNECT")]
    [InlineData(":method", "TRACE")]
    [InlineData(":method", "post")]
    [InlineData(":method", "POST /evil HTTP/1.1\r\nX-Evil: 1\r\n\r\nPOST")]
    [Trait("threat", "reach-1")]
    [Trait("threat", "reach-4")]
    [Trait("threat", "avail-7")]
    public async Task A_pseudo_field_that_is_not_plain_reaches_no_upstream(string name, string value)
    {
        attacked.Upstream.Forget();
        var status = await AskAsync(Plain().Select(field => field.Item1 == name ? (name, Fill(value)) : field));
        Assert.Contains(status, new[] { 0, 400, 401, 403, 405 });
        Assert.Empty(attacked.Upstream.Requests);
        Assert.Equal(0, attacked.Evil.Connections);
    }

    [Theory]
    [InlineData("user-agent", "a\r\nX-Evil: 1")]
    [InlineData("user-agent", "a\nX-Evil: 1")]
    [InlineData("user-agent", "a\rX-Evil: 1")]
    [InlineData("user-agent", "a\0b")]
    [InlineData("user-agent: x\r\nx-evil", "1")]
    [InlineData("user agent", "1")]
    [InlineData("User-Agent", "1")]
    [InlineData(":evil", "1")]
    [InlineData("connection", "keep-alive, x-evil")]
    [InlineData("transfer-encoding", "chunked")]
    [InlineData("te", "chunked")]
    [InlineData("content-length", "5")]
    [InlineData("content-length", "0")]
    [InlineData("content-length", "-1")]
    [InlineData("content-length", "99999999999999999999")]
    [InlineData(":protocol", "websocket")]
    [Trait("threat", "avail-7")]
    public async Task A_field_that_HTTP_2_forbids_is_refused_or_stays_behind(string name, string value)
    {
        attacked.Upstream.Forget();
        var status = await AskAsync([.. Plain(), (name, value)]);
        Assert.True(status is 0 or 200 or (>= 400 and < 500), $"{status}");
        Assert.Equal(status == 200 ? 1 : 0, attacked.Upstream.Requests.Count);
        Assert.All(attacked.Upstream.Requests, seen =>
        {
            Assert.DoesNotContain("x-evil", seen, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("transfer-encoding", seen, StringComparison.OrdinalIgnoreCase);
            Assert.EndsWith("\r\n\r\n" + AttackedProduct.ChatBody, seen, StringComparison.Ordinal);
        });
    }

    private IEnumerable<(string, string)> Plain() => [(":method", "POST"), (":scheme", "http"), (":authority", attacked.Gateway.Authority), (":path", AttackedProduct.ChatPath)];

    private Task<int> AskAsync(IEnumerable<(string, string)> fields) =>
        RawHttp2.AskAsync(attacked.Gateway, [.. fields, ("authorization", "Bearer " + attacked.Token), ("content-type", "application/json")], AttackedProduct.ChatBody);

    private IEnumerable<(string, string)> Field(string name, string? value) => value is null ? [] : [(name, Fill(value))];

    private string Fill(string text) => text.Replace("{evil}", attacked.Evil.Host, StringComparison.Ordinal).Replace("{gateway}", attacked.Gateway.Authority, StringComparison.Ordinal);
}
