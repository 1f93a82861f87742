using System.Text.Json.Nodes;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Gateway.Failures;

/// <summary>A client that leaves: the upstream is told at once, and what it produced until then is charged.</summary>
public sealed class DisconnectTests(Product product) : IClassFixture<Product>
{
    private const int Chunks = 16;

    public static TheoryData<string> Providers => [.. ProviderCall.Providers];

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_client_that_leaves_in_mid_stream_cancels_the_upstream_and_pays_for_what_was_produced(string provider)
    {
        await product.ForgetAsync();
        var token = await product.CreateTokenAsync(new { kind = "proxy", limits = new[] { new { unit = "tokens", limit = 1_000_000 } } });
        var gate = "leaving-" + provider;
        await product.OpenGateAsync(gate, Chunks - 1);
        using (var answer = await product.CallAsync(provider, (string)token["token"]!, "[[tokens:400]]", isStream: true, maxTokens: 400, fault: $$"""{"gate":"{{gate}}"}"""))
        {
            using var events = await EventReader.OfAsync(answer);
            for (var i = 0; i < Chunks; i++)
            {
                Assert.NotNull(await events.NextAsync());
            }
        }

        await AssertIsCancelledUpstreamAsync();
        var (_, _, produced) = await product.ProducedAsync();
        Assert.InRange(produced, Chunks - 4, Chunks);
        Assert.InRange((await product.SettledAsync(token)).Output, produced, (long)Math.Ceiling(produced * 1.2));
        Assert.DoesNotContain(product.Log, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_client_that_leaves_before_the_first_byte_cancels_the_upstream_and_pays_the_reservation(string provider)
    {
        await product.ForgetAsync();
        var token = await product.CreateTokenAsync(new { kind = "proxy", limits = new[] { new { unit = "tokens", limit = 1_000_000 } } });
        using var leaving = new CancellationTokenSource();
        var calling = product.CallAsync(provider, (string)token["token"]!, maxTokens: 300, fault: """{"hang":true}""", cancellationToken: leaving.Token);
        await Product.EventuallyAsync(async () => await product.CapturedAsync() is [{ } seen] && seen["bodySha256"] is not null, "the upstream has the request");

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => calling);
        await AssertIsCancelledUpstreamAsync();
        var charged = await product.SettledAsync(token);
        Assert.Equal(1, charged.Requests);
        // Nobody can know what the provider made of it: never zero.
        Assert.InRange(charged.Input + charged.Output, 300, 700);
    }

    [Fact]
    public async Task A_client_that_leaves_before_its_body_is_whole_costs_nothing_where_nothing_was_sent()
    {
        await product.ForgetAsync();
        var token = await product.CreateTokenAsync(new { kind = "proxy" });
        var head = $"POST /v1/chat/completions HTTP/1.1\r\nHost: {product.Gateway.Authority}\r\nAuthorization: Bearer {token["token"]}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{{\"model\":";
        using (var client = new System.Net.Sockets.TcpClient())
        {
            await client.ConnectAsync(product.Gateway.Host, product.Gateway.Port);
            await client.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes(head));
        }
        await product.NothingIsHeldAsync();
        Assert.Empty(await product.CapturedAsync());
        Assert.Equal((0, 0, 0), await product.SettledAsync(token));
    }

    private Task AssertIsCancelledUpstreamAsync() =>
        Product.EventuallyAsync(async () => Assert.Single(await product.CapturedAsync())!["isAborted"] is JsonValue aborted && (bool)aborted, "the upstream noticed that its client left");
}
