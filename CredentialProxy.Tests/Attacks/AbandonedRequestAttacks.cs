using System.Text;
using System.Text.Json.Nodes;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Attacks;

/// <summary>Clients that leave at the moment that seems cheapest. Whatever may have been produced is charged, once, and nothing stays held.</summary>
public sealed class AbandonedRequestAttacks(AbandonedRequestAttacks.SteppedProduct scripted) : IClassFixture<AbandonedRequestAttacks.SteppedProduct>
{
    private const int Limit = 100_000;
    private const int MaxTokens = 500;

    private readonly SteppedUpstream _upstream = scripted.Upstream;
    private readonly Product _product = scripted.Product;

    [Fact]
    [Trait("threat", "spend-2")]
    public async Task Before_the_first_byte_the_worst_case_is_charged()
    {
        var token = await LimitedTokenAsync();
        await using var client = await SendAsync(token, isStream: true);
        using var call = await _upstream.NextAsync();
        client.Reset();
        await call.GivenUpAsync();
        // Nobody knows what the provider has done by then.
        await AssertChargedAsync(token, MaxTokens, MaxTokens + 200);
    }

    [Fact]
    [Trait("threat", "spend-2")]
    public async Task In_the_middle_of_a_stream_what_was_produced_is_charged()
    {
        var token = await LimitedTokenAsync();
        await using var client = await SendAsync(token, isStream: true);
        using var call = await _upstream.NextAsync();
        await call.SendAsync(ScriptedCall.EventStream);
        await SendWordsAsync(call, 20);
        await client.ReadToAsync("word19");
        client.Reset();
        await call.GivenUpAsync();
        await AssertChargedAsync(token, 20, 120);
    }

    [Fact]
    [Trait("threat", "spend-2")]
    public async Task Just_before_the_chunk_that_tells_the_usage_all_of_the_answer_is_charged()
    {
        var token = await LimitedTokenAsync();
        await using var client = await SendAsync(token, isStream: true);
        using var call = await _upstream.NextAsync();
        await call.SendAsync(ScriptedCall.EventStream);
        await SendWordsAsync(call, 100);
        await call.SendAsync("data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n");
        await client.ReadToAsync("\"stop\"");
        client.Reset();
        await call.GivenUpAsync();
        await AssertChargedAsync(token, 100, 500);
    }

    [Fact]
    [Trait("threat", "spend-2")]
    public async Task An_answer_in_one_piece_that_is_cut_off_is_charged_in_full()
    {
        var token = await LimitedTokenAsync();
        await using var client = await SendAsync(token, isStream: false);
        using var call = await _upstream.NextAsync();
        await call.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"choices\":[{\"message\":{\"content\":\"word");
        await client.ReadToAsync("word");
        client.Reset();
        await call.GivenUpAsync();
        await AssertChargedAsync(token, MaxTokens, MaxTokens + 200);
    }

    [Fact]
    [Trait("threat", "spend-2")]
    public async Task A_client_that_closes_its_half_of_the_connection_is_charged_for_what_the_provider_produced()
    {
        var token = await LimitedTokenAsync();
        await using var client = await SendAsync(token, isStream: true);
        using var call = await _upstream.NextAsync();
        await call.SendAsync(ScriptedCall.EventStream);
        await SendWordsAsync(call, 20);
        await client.ReadToAsync("word19");
        client.HalfClose();
        // Whether it is taken for one that left or served on: nothing stays held, and nothing is free.
        await call.GivenUpAsync();
        await AssertChargedAsync(token, 20, 120);
    }

    [Fact]
    [Trait("threat", "spend-21")]
    public async Task After_ten_thousand_cancelled_requests_the_ledger_is_what_was_settled_and_nothing_is_open()
    {
        const int Requests = 10_000;
        var token = await LimitedTokenAsync(limit: 1_000_000_000_000);
        using var client = new HttpClient(new SocketsHttpHandler { EnableMultipleHttp2Connections = true, UseProxy = false });
        var random = 1u;
        await Parallel.ForAsync(0, Requests, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, _) =>
        {
            using var request = _product.Chat((string)token["token"]!, isStream: i % 2 == 0);
            request.Version = new Version(2, 0);
            request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
            using var leave = new CancellationTokenSource();
            try
            {
                var answering = client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, leave.Token);
                // At some other moment each time: before it is sent, on its way, while it is answered.
                for (var turns = Next(ref random) % 40; turns > 0 && !answering.IsCompleted; turns--)
                {
                    await Task.Yield();
                }
                await leave.CancelAsync();
                using var answer = await answering;
            }
            catch (Exception e) when (e is OperationCanceledException or HttpRequestException)
            {
                // As intended; or the server has had enough of this connection's resets.
            }
        });
        await _product.NothingIsUnderWayAsync();
        await AssertChargedAsync(token, 0, long.MaxValue);
        Assert.InRange((long)(await UsageAsync(token))["requests"]!, 1, Requests);
    }

    private static uint Next(ref uint state)
    {
        // Xorshift; a race between two threads is as good a number.
        state ^= state << 13;
        state ^= state >> 17;
        return state ^= state << 5;
    }

    private Task<JsonNode> LimitedTokenAsync(long limit = Limit) => _product.CreateTokenAsync(new { kind = "proxy", limits = new[] { new { unit = "tokens", limit } } });

    private async Task<WireClient> SendAsync(JsonNode token, bool isStream)
    {
        var client = await WireClient.ConnectAsync(_product.Gateway);
        var body = $$"""{"model":"gpt-4o","stream":{{(isStream ? "true" : "false")}},"max_tokens":{{MaxTokens}},"messages":[{"role":"user","content":"Say words."}]}""";
        await client.SendAsync(WireClient.ChatHead((string)token["token"]!, Encoding.UTF8.GetByteCount(body), "/scripted/v1/chat/completions") + body);
        return client;
    }

    private static async Task SendWordsAsync(ScriptedCall call, int count)
    {
        for (var i = 0; i < count; i++)
        {
            await call.SendAsync($"data: {{\"choices\":[{{\"delta\":{{\"content\":\" word{i}\"}}}}]}}\n\n");
        }
    }

    private async Task<JsonNode> UsageAsync(JsonNode token) => (await _product.UsageAsync($"?token={token["id"]}"))["totals"]!;

    private async Task AssertChargedAsync(JsonNode token, long least, long most)
    {
        await _product.NothingIsUnderWayAsync();
        var used = await UsageAsync(token);
        var tokens = (long)used["inputTokens"]! + (long)used["outputTokens"]!;
        Assert.InRange(tokens, least, most);
        var limit = JsonNode.Parse(await _product.Admin.GetStringAsync($"/api/tokens/{token["id"]}"))!["limits"]![0]!;
        Assert.Equal(tokens, (long)limit["spent"]!);
        Assert.Equal((long)limit["limit"]! - tokens, (long)limit["remaining"]!);
    }

    /// <summary>The product before the mock, and before an upstream whose every byte the test sends.</summary>
    public sealed class SteppedProduct : IAsyncLifetime
    {
        internal SteppedUpstream Upstream { get; } = new();

        public Product Product { get; } = new();

        public ValueTask InitializeAsync() => Product
            .With("Providers:scripted:BaseUrl", Upstream.Address).With("Providers:scripted:ApiKey", "sk-scripted")
            .With("Providers:scripted:Endpoints:0", "POST /v1/chat/completions").With("Providers:scripted:Dialect", "openai-chat").InitializeAsync();

        public async ValueTask DisposeAsync()
        {
            await Product.DisposeAsync();
            await Upstream.DisposeAsync();
        }
    }
}
