using System.Text;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Attacks;

/// <summary>What a client can do to the gateway in frames of HTTP/2. Whatever becomes of its own connection, others are served and nothing is left behind.</summary>
[Trait("threat", "avail-3")]
public sealed class Http2FloodAttacks(ImpatientProduct impatient) : IClassFixture<ImpatientProduct>
{
    private const string Body = """{"model":"gpt-4o-mini","max_tokens":16,"messages":[{"role":"user","content":"Hi"}]}""";

    private readonly Product _product = impatient.Product;

    [Fact]
    public async Task Rapid_resets_end_the_connection_and_leave_nothing_behind()
    {
        // CVE-2023-44487: each request is cancelled as soon as it is made, so that none counts against the streams that may be open.
        var token = await _product.MintAsync();
        await using var wire = await Http2Wire.ConnectAsync(_product.Gateway);
        var end = wire.ReadUntilAsync(frame => frame.Type == Http2Frame.GoAway);
        var stream = 1;
        for (; stream < 400_000 && !end.IsCompleted; stream += 200)
        {
            for (var i = 0; i < 100; i++)
            {
                wire.AddWholeChat(stream + (2 * i), token, Body).AddReset(stream + (2 * i));
            }
            if (!await wire.TrySendAsync())
            {
                break;
            }
        }
        await AssertHarmlessAsync();
        // With an error, or cut off before it could be read.
        Assert.True(await end is null or { ErrorCode: > 0 });
        Assert.True(stream < 400_000, "The connection was never ended.");
    }

    [Fact]
    public async Task Continuations_without_end_end_the_connection()
    {
        await using var wire = await Http2Wire.ConnectAsync(_product.Gateway);
        await wire.Add(Http2Frame.Headers, 0, 1, Http2Wire.Fields((":method", "POST"), (":scheme", "http"), (":path", "/v1/chat/completions"), (":authority", "gateway"))).SendAsync();
        var fields = Http2Wire.Fields([.. Enumerable.Range(0, 10).Select(i => ("x-more-" + i, new string('x', 1000)))]);
        var sent = 0L;
        while (sent < 100_000_000 && await wire.Add(Http2Frame.Continuation, 0, 1, fields).TrySendAsync())
        {
            sent += fields.Length;
        }
        Assert.True(await wire.ReadUntilAsync(frame => frame.Type == Http2Frame.GoAway) is null or { Type: Http2Frame.GoAway });
        Assert.True(sent < 100_000_000, "A hundred megabytes of headers were taken.");
        await AssertHarmlessAsync();
    }

    [Fact]
    public async Task Continuations_of_nothing_end_with_the_time_for_headers()
    {
        await using var wire = await Http2Wire.ConnectAsync(_product.Gateway);
        await wire.Add(Http2Frame.Headers, 0, 1, Http2Wire.Fields((":method", "POST"))).SendAsync();
        var end = wire.ReadUntilAsync(frame => frame.Type == Http2Frame.GoAway);
        while (!end.IsCompleted && await wire.Add(Http2Frame.Continuation, 0, 1, []).TrySendAsync())
        {
            await Task.WhenAny(end, Task.Delay(20));
        }
        await end;
        await AssertHarmlessAsync();
    }

    [Theory]
    [InlineData(Http2Frame.Settings)]
    [InlineData(Http2Frame.Ping)]
    public async Task Frames_that_ask_for_an_answer_which_is_never_read_stop_being_taken(byte type)
    {
        // CVE-2019-9512, CVE-2019-9515: the answers must not pile up in memory.
        await using var wire = await Http2Wire.ConnectAsync(_product.Gateway);
        for (var i = 0; i < 1000; i++)
        {
            wire.Add(type, 0, 0, type == Http2Frame.Ping ? new byte[8] : []);
        }
        var frames = wire.Take();
        var sent = 0L;
        using var stuck = new CancellationTokenSource();
        try
        {
            while (sent < 100_000_000)
            {
                stuck.CancelAfter(TimeSpan.FromSeconds(2));
                await wire.SendAsync(frames, stuck.Token);
                sent += frames.Length;
            }
            Assert.Fail("A hundred megabytes of frames were taken.");
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The gateway waits for its client, or has ended it.
        }
        await AssertHarmlessAsync();
    }

    [Fact]
    public async Task A_body_in_frames_of_one_byte_is_served_like_any_other()
    {
        await using var wire = await Http2Wire.ConnectAsync(_product.Gateway);
        wire.AddChat(1, await _product.MintAsync());
        var body = Encoding.UTF8.GetBytes(Body.Replace("Hi", new string('x', 5_000), StringComparison.Ordinal));
        for (var i = 0; i < body.Length; i++)
        {
            // And an empty one after each.
            wire.Add(Http2Frame.Data, 0, 1, body.AsSpan(i, 1)).Add(Http2Frame.Data, 0, 1, []);
        }
        await wire.Add(Http2Frame.Data, Http2Frame.EndStream, 1, []).SendAsync();
        Assert.Equal(Http2Frame.Headers, (await wire.ReadUntilAsync(frame => frame is { Stream: 1, Type: Http2Frame.Headers or Http2Frame.Reset }))?.Type);
        await AssertHarmlessAsync();
    }

    [Fact]
    public async Task More_streams_than_may_be_open_are_turned_away()
    {
        var token = await _product.MintAsync();
        await using var wire = await Http2Wire.ConnectAsync(_product.Gateway);
        for (var i = 0; i < 101; i++)
        {
            wire.AddChat((2 * i) + 1, token);
        }
        await wire.SendAsync();
        // REFUSED_STREAM.
        Assert.Equal(7u, (await wire.ReadUntilAsync(frame => frame is { Type: Http2Frame.Reset, Stream: 201 }))?.ErrorCode);
        Assert.InRange(_product.Load.OpenRequests, 0, 100);
    }

    private async Task AssertHarmlessAsync()
    {
        using (var answer = await _product.ChatAsync(await _product.MintAsync()))
        {
            Assert.Equal(System.Net.HttpStatusCode.OK, answer.StatusCode);
        }
        await _product.NothingIsUnderWayAsync();
        Assert.DoesNotContain(_product.Log, line => line.StartsWith("Error CredentialProxy", StringComparison.Ordinal));
    }
}
