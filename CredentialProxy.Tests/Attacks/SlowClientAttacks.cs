using System.Net;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Attacks;

/// <summary>Clients that take their time, and hold a connection, a request or a buffer meanwhile.</summary>
[Trait("threat", "avail-1")]
public sealed class SlowClientAttacks(ImpatientProduct impatient) : IClassFixture<ImpatientProduct>
{
    private const string Body = """{"model":"gpt-4o-mini","max_tokens":16,"messages":[{"role":"user","content":"Hi"}]}""";

    private readonly Product _product = impatient.Product;

    [Theory]
    [InlineData("")]
    [InlineData("PRI * HT")]
    [InlineData("P")]
    [InlineData("POST /openai/v1/chat/completions HTTP/1.1\r\nHost: gateway\r\nX-Slow: ")]
    public async Task A_connection_that_never_finishes_its_headers_is_ended(string start)
    {
        await using var client = await WireClient.ConnectAsync(_product.Gateway);
        await client.SendAsync(start);
        var isOpen = true;
        var end = client.ReadToEndAsync();
        while (isOpen && !end.IsCompleted)
        {
            // A byte now and then, as one who keeps a connection busy sends them.
            await Task.WhenAny(end, Task.Delay(200));
            isOpen = start.EndsWith(' ') ? await client.TrySendAsync("x") : !end.IsCompleted;
        }
        var answer = await end;
        Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 408", StringComparison.Ordinal), answer);
    }

    [Fact]
    public async Task A_body_that_trickles_in_is_refused_and_nothing_is_left_behind()
    {
        await using var client = await WireClient.ConnectAsync(_product.Gateway);
        await client.SendAsync(WireClient.ChatHead(await _product.MintAsync(), 100_000));
        var head = client.ReadHeadAsync();
        while (!head.IsCompleted && await client.TrySendAsync(" "))
        {
            await Task.WhenAny(head, Task.Delay(200));
        }
        Assert.StartsWith("HTTP/1.1 408", await head, StringComparison.Ordinal);
        Assert.Contains("x-credential-proxy-error: request_timeout", await head, StringComparison.OrdinalIgnoreCase);
        await _product.NothingIsUnderWayAsync();
    }

    [Fact]
    public async Task A_body_that_trickles_in_over_HTTP_2_is_ended_and_nothing_is_left_behind()
    {
        await using var wire = await Http2Wire.ConnectAsync(_product.Gateway);
        await wire.AddChat(1, await _product.MintAsync()).SendAsync();
        var end = wire.ReadUntilAsync(frame => frame.Type == Http2Frame.GoAway);
        while (!end.IsCompleted && await wire.Add(Http2Frame.Data, 0, 1, " "u8).TrySendAsync())
        {
            await Task.WhenAny(end, Task.Delay(200));
        }
        // The whole connection is: it is the client's own.
        await end;
        await _product.NothingIsUnderWayAsync();
    }

    [Fact]
    [Trait("threat", "spend-2")]
    public async Task A_client_that_never_reads_is_ended_and_charged()
    {
        var token = await _product.CreateTokenAsync(new { kind = "proxy" });
        await using var client = await WireClient.ConnectAsync(_product.Gateway, receiveBufferBytes: 4096);
        // More than all the buffers on the way take in.
        await client.SendAsync(WireClient.Chat((string)token["token"]!, Body, "x-mock-fault: {\"hugeBytes\":30000000}\r\n"));
        await Product.EventuallyAsync(() => Task.FromResult(_product.Load.OpenRequests == 1), "the answer is under way");
        await _product.NothingIsUnderWayAsync();
        Assert.Equal(1, (long)(await _product.UsageAsync($"?token={token["id"]}"))["totals"]!["requests"]!);
    }

    [Theory]
    [InlineData(false, "{}")]
    [InlineData(true, """{"chunkDelayMs":50}""")]
    // More than the gateway keeps for a client.
    [InlineData(false, """{"hugeBytes":3000000}""")]
    public async Task A_client_that_opens_no_window_is_ended(bool isStream, string fault)
    {
        // SETTINGS_INITIAL_WINDOW_SIZE 0: nothing of any answer may be sent.
        await using var wire = await Http2Wire.ConnectAsync(_product.Gateway, (4, 0));
        var body = isStream ? Body.Replace("\"model\"", "\"stream\":true,\"model\"", StringComparison.Ordinal) : Body;
        await wire.AddWholeChat(1, await _product.MintAsync(), body, fault).SendAsync();
        Assert.NotNull(await wire.ReadUntilAsync(frame => frame is { Stream: 1, Type: Http2Frame.Headers }));
        var end = await wire.ReadUntilAsync(frame => frame.Type is Http2Frame.Reset or Http2Frame.GoAway or Http2Frame.Data);
        Assert.True(end is null or { Type: Http2Frame.Reset or Http2Frame.GoAway });
        await _product.NothingIsUnderWayAsync();
    }

    [Fact]
    public async Task A_client_that_opens_its_window_late_but_in_time_gets_its_answer()
    {
        await using var wire = await Http2Wire.ConnectAsync(_product.Gateway, (4, 0));
        await wire.AddWholeChat(1, await _product.MintAsync(), Body).SendAsync();
        Assert.NotNull(await wire.ReadUntilAsync(frame => frame is { Stream: 1, Type: Http2Frame.Headers }));
        await wire.Add(Http2Frame.WindowUpdate, 0, 1, [0, 1, 0, 0]).SendAsync();
        var last = await wire.ReadUntilAsync(frame => frame.Stream == 1 && (frame.Type == Http2Frame.Reset || (frame.Flags & Http2Frame.EndStream) != 0));
        Assert.Equal(Http2Frame.Data, last?.Type);
        await _product.NothingIsUnderWayAsync();
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task A_stream_that_is_silent_because_the_provider_is_lives_on(string version)
    {
        // Far longer than a client may dawdle, an idle connection lives, or headers may take.
        using var request = _product.Chat(await _product.MintAsync(), isStream: true, fault: """{"chunkDelayMs":6000}""");
        request.Version = Version.Parse(version);
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        using var answer = await _product.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var events = new StreamReader(await answer.Content.ReadAsStreamAsync());
        Assert.StartsWith("data: {", await events.ReadLineAsync(), StringComparison.Ordinal);
        Assert.Equal("", await events.ReadLineAsync());
        Assert.StartsWith("data: {", await events.ReadLineAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hundreds_of_idle_connections_are_ended_and_nobody_waits_for_them()
    {
        var idle = await Task.WhenAll(Enumerable.Range(0, 300).Select(_ => WireClient.ConnectAsync(_product.Gateway)));
        using (var answer = await _product.ChatAsync(await _product.MintAsync()))
        {
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
        foreach (var client in idle)
        {
            Assert.Equal("", await client.ReadToEndAsync());
            await client.DisposeAsync();
        }
    }
}
