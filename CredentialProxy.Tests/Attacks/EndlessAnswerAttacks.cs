using System.IO.Compression;
using System.Net;
using System.Text;
using CredentialProxy.Core.Metering;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Vault;
using CredentialProxy.Gateway;
using CredentialProxy.Gateway.Connections;
using CredentialProxy.Gateway.Forwarding;
using CredentialProxy.Gateway.Metering;
using CredentialProxy.Gateway.Swapping;
using CredentialProxy.ServiceDefaults.Hosting;
using CredentialProxy.Tests.Telemetry;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace CredentialProxy.Tests.Attacks;

/// <summary>Answers that are meant to fill the gateway's memory. What passes through is counted in bytes allocated, which no other test disturbs: all of it runs on this thread.</summary>
[Trait("threat", "avail-2")]
public sealed class EndlessAnswerAttacks
{
    private const int Megabyte = 1024 * 1024;

    public static TheoryData<string, string> Floods => new()
    {
        { "one event without an end", "data: {\"choices\":[{\"delta\":{\"content\":\"" },
        { "one line without an end", "" },
        { "a comment without an end", ": " },
        { "a usage object without an end", "data: {\"usage\":{\"prompt_tokens\":1,\"x\":\"" },
        { "a name without an end", "data: {\"" },
        { "an error without an end", "data: {\"error\":{\"message\":\"" },
        { "nesting without an end", "data: {\"x\":" },
    };

    [Theory]
    [MemberData(nameof(Floods))]
    public void Fifty_megabytes_that_never_end_take_no_memory(string what, string start)
    {
        var piece = new byte[16 * 1024];
        piece.AsSpan().Fill((byte)(what.StartsWith("nesting", StringComparison.Ordinal) ? '[' : 'x'));
        foreach (var dialect in new[] { Dialect.OpenAIChat, Dialect.OpenAIResponses, Dialect.AnthropicMessages, Dialect.GeminiGenerate })
        {
            // No text is kept: counting its tokens costs what its length does, and the memory of one slice.
            var meter = new UsageMeter(dialect, AnswerForm.Sse, keepsText: false);
            var filter = new UsageChunkFilter();
            var output = new System.Buffers.ArrayBufferWriter<byte>(256 * 1024);
            meter.Observe(Encoding.UTF8.GetBytes(start));
            filter.Process(Encoding.UTF8.GetBytes(start), output);
            var passed = 0L;
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var sent = 0; sent < 50 * Megabyte; sent += piece.Length)
            {
                meter.Observe(piece);
                output.ResetWrittenCount();
                filter.Process(piece, output);
                passed += output.WrittenCount;
            }
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, Megabyte);
            // And nothing of it is kept back.
            Assert.InRange(passed, 49 * Megabyte, 51 * Megabyte);
            Assert.False(meter.HasUsage);
        }
    }

    [Fact]
    public void The_text_of_an_answer_is_kept_a_slice_at_a_time()
    {
        OutputText.Warm();
        var words = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("fox ", 4096)));
        var text = new OutputText("gpt-4o");
        text.Append(words);
        _ = text.EstimateTokens();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 64; i++)
        {
            text.Append(words);
        }
        Assert.Equal(65 * 4096, text.EstimateTokens(), 100.0);
        // What a tokenizer allocates is gone at once; what counts is that it is no more for a longer text than for as many short ones.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 * Megabyte);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    public async Task A_small_answer_that_unpacks_to_a_large_one_passes_in_pieces(string encoding)
    {
        const int Size = 64 * Megabyte;
        var bomb = Pack(encoding, Size);
        Assert.InRange(bomb.Length, 1, Size / 500);
        using var response = new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(bomb) };
        response.Content.Headers.ContentEncoding.Add(encoding);
        using var request = new ProxyRequest(new DefaultHttpContext(), "req_1", 0);
        using var draining = new Draining(TimeSpan.Zero);
        using var openRequests = new OpenRequests(null!, new GatewayOptions(), draining, new SlowReaders(new ConnectionOptions(), TimeProvider.System), TimeProvider.System);
        request.Open = openRequests.Enter("tok_1", null);
        request.Credential = new PreparedCredential(new Credential { Id = "cred_1", Provider = "openai", Label = "", Secret = new Secret("sk-that-is-nowhere-in-it") }, null);
        var prices = PriceTable.Load(new PricingOptions());
        var settler = new Settler(new GatewayOptions(), Unheard.SpendingMeters(prices), TimeProvider.System, NullLogger<Settler>.Instance);
        var meter = new AnswerMeter(
            request, response, isEventStream: false, new UsageMeter(Dialect.OpenAIChat, AnswerForm.Json, keepsText: false), null, openRequests, settler, TimeProvider.System);
        await using var answer = meter.Wrap(new MemoryStream(bomb));
        var piece = new byte[64 * 1024];
        long total = await answer.ReadAsync(piece);
        var before = GC.GetAllocatedBytesForCurrentThread();
        int count;
        // From memory to memory: no read waits, so that all of them run on this thread.
        while ((count = await answer.ReadAsync(piece)) > 0)
        {
            total += count;
        }
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 * Megabyte);
        Assert.Equal(Size, total);
        openRequests.Leave(request.Open);
    }

    private static byte[] Pack(string encoding, int size)
    {
        var packed = new MemoryStream();
        using (Stream pack = encoding switch
        {
            "gzip" => new GZipStream(packed, CompressionLevel.Optimal),
            "br" => new BrotliStream(packed, CompressionLevel.Optimal),
            _ => new ZLibStream(packed, CompressionLevel.Optimal),
        })
        {
            var zeros = new byte[Megabyte];
            for (var i = 0; i < size / Megabyte; i++)
            {
                pack.Write(zeros);
            }
        }
        return packed.ToArray();
    }
}
