using System.Text;
using System.Text.Json.Nodes;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Attacks;

/// <summary>Clients that leave at the moment that seems cheapest. Whatever may have been produced is charged, once, and nothing stays held.</summary>
public sealed class AbandonedRequestAttacks(SteppedProduct stepped) : IClassFixture<SteppedProduct>
{
    private const int Limit = 100_000;
    private const int MaxTokens = 500;

    private readonly SteppedUpstream _upstream = stepped.Upstream;
    private readonly Product _product = stepped.Product;

    [Fact]
    [Trait("threat", "spend-2")]
    public Task Before_the_first_byte_the_worst_case_is_charged() =>
        // Nobody knows what the provider has done by then.
        AssertLeavingCostsAsync(isStream: false, (_, _) => Task.CompletedTask, client => client.Reset(), MaxTokens, MaxTokens + 200);

    [Fact]
    [Trait("threat", "spend-2")]
    public Task Before_the_first_byte_of_a_stream_too() =>
        AssertLeavingCostsAsync(isStream: true, (_, _) => Task.CompletedTask, client => client.Reset(), MaxTokens, MaxTokens + 200);

    [Theory]
    [Trait("threat", "spend-2")]
    // A token for each byte; and as cheap a text as there is, which must not become dear.
    [InlineData("7 ", 600, 1100, 1500)]
    [InlineData("fox ", 300, 250, 600)]
    public Task In_a_stream_that_is_left_at_its_first_word_the_prompt_is_charged_for_the_tokens_it_has(string part, int parts, long least, long most) => AssertLeavingCostsAsync(
        isStream: true, (call, client) => StreamWordsAsync(call, client, 1), client => client.Reset(), least, most, $"\"{string.Concat(Enumerable.Repeat(part, parts))}\"");

    [Fact]
    [Trait("threat", "spend-2")]
    public Task Images_are_charged_in_a_stream_that_is_left() =>
        // The most that an image can be.
        AssertLeavingCostsAsync(
            isStream: true,
            (call, client) => StreamWordsAsync(call, client, 1),
            client => client.Reset(),
            12_000,
            12_200,
            """[{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo="}}]""");

    [Fact]
    [Trait("threat", "spend-2")]
    public Task In_the_middle_of_a_stream_what_was_produced_is_charged() =>
        AssertLeavingCostsAsync(isStream: true, (call, client) => StreamWordsAsync(call, client, 20), client => client.Reset(), 20, 120);

    [Fact]
    [Trait("threat", "spend-2")]
    public Task Just_before_the_chunk_that_tells_the_usage_all_of_the_answer_is_charged() => AssertLeavingCostsAsync(
        isStream: true,
        async (call, client) =>
        {
            await StreamWordsAsync(call, client, 100);
            await call.SendAsync("data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n");
            await client.ReadToAsync("\"stop\"");
        },
        client => client.Reset(),
        100,
        500);

    [Fact]
    [Trait("threat", "spend-2")]
    public Task An_answer_in_one_piece_that_is_cut_off_is_charged_in_full() => AssertLeavingCostsAsync(
        isStream: false,
        async (call, client) =>
        {
            await call.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"choices\":[{\"message\":{\"content\":\"word");
            await client.ReadToAsync("word");
        },
        client => client.Reset(),
        MaxTokens,
        MaxTokens + 200);

    [Fact]
    [Trait("threat", "spend-2")]
    public Task A_client_that_closes_its_half_of_the_connection_is_charged_for_what_the_provider_produced() =>
        // Whether it is taken for one that left or served on: nothing stays held, and nothing is free.
        AssertLeavingCostsAsync(isStream: true, (call, client) => StreamWordsAsync(call, client, 20), client => client.HalfClose(), 20, 120);

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

    private async Task<WireClient> SendAsync(JsonNode token, bool isStream, string content)
    {
        var client = await WireClient.ConnectAsync(_product.Gateway);
        var body = $$"""{"model":"gpt-4o","stream":{{(isStream ? "true" : "false")}},"max_tokens":{{MaxTokens}},"messages":[{"role":"user","content":{{content}}}]}""";
        await client.SendAsync(WireClient.ChatHead((string)token["token"]!, Encoding.UTF8.GetByteCount(body), "/chat/v1/chat") + body);
        return client;
    }

    private static async Task StreamWordsAsync(SteppedCall call, WireClient client, int count)
    {
        await call.SendAsync(SteppedCall.EventStream);
        for (var i = 0; i < count; i++)
        {
            await call.SendAsync($"data: {{\"choices\":[{{\"delta\":{{\"content\":\" word{i}\"}}}}]}}\n\n");
        }
        await client.ReadToAsync($"word{count - 1}");
    }

    private async Task AssertLeavingCostsAsync(bool isStream, Func<SteppedCall, WireClient, Task> answer, Action<WireClient> leave, long least, long most, string content = "\"Say words.\"")
    {
        var token = await LimitedTokenAsync();
        await using var client = await SendAsync(token, isStream, content);
        using var call = await _upstream.NextAsync();
        await answer(call, client);
        leave(client);
        await call.GivenUpAsync();
        await AssertChargedAsync(token, least, most);
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
}
