using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Attacks;

/// <summary>
/// A proxy that holds events back makes every agent behind it slow. Each event is sent by the upstream only when the client has the one before: whatever
/// waited for more would wait for ever.
/// </summary>
[Trait("threat", "avail-6")]
public sealed class StreamingAttacks(SteppedProduct stepped) : IClassFixture<SteppedProduct>
{
    private readonly SteppedUpstream _upstream = stepped.Upstream;
    private readonly Product _product = stepped.Product;

    public static TheoryData<string, bool> Dialects => new() { { "chat", false }, { "chat", true }, { "responses", false }, { "messages", false }, { "unread", false } };

    [Theory]
    [MemberData(nameof(Dialects))]
    public async Task Each_event_reaches_the_client_before_the_next_is_sent(string dialect, bool asksForUsage)
    {
        var answering = SendAsync(dialect, asksForUsage);
        using var call = await _upstream.NextAsync();
        // The head alone is enough for the client to know that its stream has begun.
        await call.SendAsync(SteppedCall.EventStream);
        using var answer = await answering;
        using var events = new StreamReader(await answer.Content.ReadAsStreamAsync());
        for (var i = 0; i < 50; i++)
        {
            await call.SendAsync($"data: {{\"type\":\"x\",\"n\":{i},\"choices\":[{{\"delta\":{{\"content\":\"fox\"}}}}]}}\n\n");
            Assert.Contains($"\"n\":{i},", await ReadLineAsync(events), StringComparison.Ordinal);
            Assert.Equal("", await ReadLineAsync(events));
        }
    }

    [Fact]
    public async Task An_event_that_is_compressed_reaches_the_client_as_soon_as_it_is_flushed()
    {
        var answering = SendAsync("messages", false);
        using var call = await _upstream.NextAsync();
        await call.SendAsync(SteppedCall.EventStream.Replace("Connection", "Content-Encoding: gzip\r\nConnection", StringComparison.Ordinal));
        using var answer = await answering;
        using var events = new StreamReader(await answer.Content.ReadAsStreamAsync());
        var compressed = new MemoryStream();
        await using var gzip = new GZipStream(compressed, CompressionLevel.Fastest);
        for (var i = 0; i < 5; i++)
        {
            await gzip.WriteAsync(Encoding.UTF8.GetBytes($"data: {{\"type\":\"x\",\"n\":{i}}}\n\n"));
            await gzip.FlushAsync();
            await call.SendAsync(compressed.ToArray());
            compressed.SetLength(0);
            Assert.Contains($"\"n\":{i}}}", await ReadLineAsync(events), StringComparison.Ordinal);
            Assert.Equal("", await ReadLineAsync(events));
        }
    }

    [Fact]
    public async Task Part_of_an_event_passes_where_nothing_is_to_be_withheld()
    {
        var answering = SendAsync("messages", false);
        using var call = await _upstream.NextAsync();
        await call.SendAsync(SteppedCall.EventStream);
        using var answer = await answering;
        await using var body = await answer.Content.ReadAsStreamAsync();
        foreach (var (part, passes) in new[] { ("da", "da"), ("ta: {\"ty", "ta: {\"ty"), ("pe\":\"x\"", "pe\":\"x"), ("}\n", "\"}\n"), ("\n", "\n") })
        {
            // A quotation mark may begin the word that an error begins with: it waits for the byte after it, and no longer.
            await call.SendAsync(part);
            var read = new byte[passes.Length];
            await body.ReadExactlyAsync(read).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
            Assert.Equal(passes, Encoding.UTF8.GetString(read));
        }
    }

    private static Task<string?> ReadLineAsync(StreamReader events) => events.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30));

    private async Task<HttpResponseMessage> SendAsync(string dialect, bool asksForUsage)
    {
        var options = asksForUsage ? ""","stream_options":{"include_usage":true}""" : "";
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_product.Gateway, $"/{dialect}/v1/{dialect}"))
        {
            Content = new StringContent($$"""{"model":"m","stream":true,"max_tokens":100,"messages":[]{{options}}}""", Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await _product.MintAsync());
        return await _product.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }
}
