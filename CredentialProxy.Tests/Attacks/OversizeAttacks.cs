using System.Net;
using System.Text.Json.Nodes;
using CredentialProxy.Gateway;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Attacks;

/// <summary>Requests too large, too many or too deep in some part, at a gateway that has little room.</summary>
[Trait("threat", "avail-2")]
public sealed class OversizeAttacks(OversizeAttacks.CrampedProduct cramped) : IClassFixture<OversizeAttacks.CrampedProduct>
{
    private const int MaxBody = 1024 * 1024;

    private readonly Product _product = cramped.Product;

    public static TheoryData<string, string, string> Heads => new()
    {
        { "a megabyte of header", $"GET /v1/models HTTP/1.1\r\nHost: gateway\r\nX-Large: {new string('x', MaxBody)}\r\n\r\n", "HTTP/1.1 431" },
        { "a megabyte of token", $"GET /v1/models HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer ey{new string('.', MaxBody)}\r\n\r\n", "HTTP/1.1 431" },
        { "ten thousand headers", $"GET /v1/models HTTP/1.1\r\nHost: gateway\r\n{string.Concat(Enumerable.Range(0, 10_000).Select(i => $"x{i}: \r\n"))}\r\n", "HTTP/1.1 431" },
        { "a megabyte of path", $"GET /{new string('x', MaxBody)} HTTP/1.1\r\nHost: gateway\r\n\r\n", "HTTP/1.1 414" },
        { "a megabyte of query", $"GET /v1/models?key={new string('x', MaxBody)} HTTP/1.1\r\nHost: gateway\r\n\r\n", "HTTP/1.1 414" },
        { "a path of three thousand", $"GET /{new string('x', 3000)} HTTP/1.1\r\nHost: gateway\r\n\r\n", "HTTP/1.1 400" },
        { "two gigabytes of body", WireClient.ChatHead("ptk_nobody", 1L << 31), "HTTP/1.1 401" },
    };

    [Theory]
    [MemberData(nameof(Heads))]
    public async Task A_head_beyond_the_bounds_is_refused(string what, string request, string answer)
    {
        await using var client = await WireClient.ConnectAsync(_product.Gateway);
        // The gateway may have ended the connection before all of it was sent.
        var sending = client.TrySendAsync(request);
        Assert.True((await client.ReadHeadAsync()).StartsWith(answer, StringComparison.Ordinal), what);
        await sending;
    }

    [Fact]
    public async Task Two_gigabytes_that_are_announced_are_refused_unread()
    {
        await using var client = await WireClient.ConnectAsync(_product.Gateway);
        await client.SendAsync(WireClient.ChatHead(await _product.MintAsync(), 1L << 31));
        Assert.StartsWith("HTTP/1.1 413", await client.ReadHeadAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Blanks_without_end_are_refused_as_soon_as_they_are_too_many()
    {
        await using var client = await WireClient.ConnectAsync(_product.Gateway);
        await client.SendAsync($"POST /openai/v1/chat/completions HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {await _product.MintAsync()}\r\nTransfer-Encoding: chunked\r\n\r\n");
        var head = client.ReadHeadAsync();
        var chunk = $"10000\r\n{new string(' ', 0x10000)}\r\n";
        var sent = 0;
        while (!head.IsCompleted && sent < 16 * MaxBody && await client.TrySendAsync(chunk))
        {
            sent += 0x10000;
        }
        Assert.StartsWith("HTTP/1.1 413", await head, StringComparison.Ordinal);
        await _product.NothingIsUnderWayAsync();
    }

    [Fact]
    public async Task Ten_thousand_levels_of_JSON_are_refused()
    {
        using var request = _product.Chat(await _product.MintAsync());
        request.Content = new StringContent("""{"model":"gpt-4o-mini","messages":""" + new string('[', 10_000) + new string(']', 10_000) + "}");
        using var answer = await _product.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("nested at most 64 deep", (string?)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["error"]!["message"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bodies_that_stay_unfinished_take_no_more_memory_than_they_may_and_no_token_takes_all_of_it()
    {
        var (greedy, other, third) = (await _product.MintAsync(), await _product.MintAsync(), await _product.MintAsync());
        var unfinished = new List<WireClient>();
        // Three quarters of a megabyte each, of a megabyte and a half that one token's may take.
        unfinished.Add(await HoldAsync(greedy));
        unfinished.Add(await HoldAsync(greedy));
        await AssertRefusedAsync(greedy, HttpStatusCode.TooManyRequests, "concurrency_limit_exceeded");
        unfinished.Add(await HoldAsync(other));
        await AssertRefusedAsync(third, HttpStatusCode.ServiceUnavailable, "overloaded");
        Assert.InRange(_product.Load.HeldBytes, 3 * 700_000, 2560 * 1024);

        // What is small still fits, and with the clients goes what they held.
        using (var small = await _product.ChatAsync(other))
        {
            Assert.Equal(HttpStatusCode.OK, small.StatusCode);
        }
        foreach (var client in unfinished)
        {
            await client.DisposeAsync();
        }
        await _product.NothingIsUnderWayAsync();
        using var answer = await _product.ChatAsync(greedy, Words(900_000));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(700_000)]
    public async Task A_body_is_held_until_it_has_been_sent_and_not_while_the_answer_lasts(int bytes)
    {
        using (var answer = await _product.ChatAsync(await _product.MintAsync(), Words(bytes), isStream: true, fault: """{"chunkDelayMs":60000}"""))
        {
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            await Product.EventuallyAsync(() => Task.FromResult(_product.Load is { OpenRequests: 1, HeldBytes: 0 }), "the body is let go");
        }
        await _product.NothingIsUnderWayAsync();
    }

    private static string Words(int bytes) => string.Concat(Enumerable.Repeat("fox ", bytes / 4));

    private async Task<WireClient> HoldAsync(string token)
    {
        var before = _product.Load.HeldBytes;
        var client = await WireClient.ConnectAsync(_product.Gateway);
        await client.SendAsync(WireClient.ChatHead(token, 800_000) + new string(' ', 750_000));
        await Product.EventuallyAsync(() => Task.FromResult(_product.Load.HeldBytes >= before + 750_000), "the body is held");
        return client;
    }

    private async Task AssertRefusedAsync(string token, HttpStatusCode status, string code)
    {
        using var answer = await _product.ChatAsync(token, Words(900_000));
        Assert.Equal(status, answer.StatusCode);
        Assert.Equal(code, answer.Headers.GetValues("x-credential-proxy-error").Single());
        Assert.Equal(TimeSpan.FromSeconds(1), answer.Headers.RetryAfter?.Delta);
    }

    /// <summary>The product with little room for bodies.</summary>
    public sealed class CrampedProduct : IAsyncLifetime
    {
        public Product Product { get; } = new Product()
            .With($"{GatewayOptions.Section}:{nameof(GatewayOptions.MaxInspectedBodyBytes)}", "1048576")
            .With($"{GatewayOptions.Section}:{nameof(GatewayOptions.MaxHeldBytesPerToken)}", "1572864")
            .With($"{GatewayOptions.Section}:{nameof(GatewayOptions.MaxHeldBytes)}", "2621440");

        public ValueTask InitializeAsync() => Product.InitializeAsync();

        public ValueTask DisposeAsync() => Product.DisposeAsync();
    }
}
