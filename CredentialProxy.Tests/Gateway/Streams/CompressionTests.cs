using System.Net;
using System.Text.Json.Nodes;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Gateway.Streams;

/// <summary>Compressed answers: read by the meter whatever the upstream does, and given to the client in an encoding that it takes.</summary>
public sealed class CompressionTests(Product product) : IClassFixture<Product>
{
    public static MatrixTheoryData<string, string, bool> Answers => new(ProviderCall.Providers, ["gzip", "br", "deflate"], [false, true]);

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task A_compressed_answer_is_readable_and_metered(string provider, string encoding, bool isStream)
    {
        await product.ForgetAsync();
        var token = await product.CreateTokenAsync(new { kind = "proxy" });

        using var answer = await product.CallAsync(provider, (string)token["token"]!, "[[tokens:40]]", isStream, fault: $$"""{"encoding":"{{encoding}}"}""");
        var text = await answer.Content.ReadAsStringAsync();

        Assert.Contains("quick", text, StringComparison.Ordinal);
        Assert.Empty(answer.Content.Headers.ContentEncoding);
        Assert.Equal("identity", (string?)Assert.Single(await product.CapturedAsync())!["headers"]!["accept-encoding"]);
        var (_, input, output) = await product.ProducedAsync();
        Assert.Equal((1, input, output), await product.SettledAsync(token));
        Assert.Equal(40, output);
    }

    [Theory]
    [InlineData("gzip", null)]
    [InlineData("gzip", "gzip")]
    [InlineData("br", "*")]
    [InlineData("gzip", "identity")]
    [InlineData("gzip", "br")]
    [InlineData("br", "gzip")]
    [InlineData("deflate", "gzip;q=1, *;q=0")]
    [InlineData("gzip", "gzip;q=0")]
    [InlineData("gzip", "gzip; q=0.000, identity")]
    public async Task An_encoding_that_nobody_asked_the_provider_for_is_taken_off(string encoding, string? accepted)
    {
        await product.ForgetAsync();
        using var answer = await ListModelsAsync(encoding, accepted);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Empty(answer.Content.Headers.ContentEncoding);
        Assert.NotEmpty(JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["data"]!.AsArray());
        Assert.Equal("identity", (string?)Assert.Single(await product.CapturedAsync())!["headers"]!["accept-encoding"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_encoding_that_nobody_can_read_is_refused_and_charged_at_the_reservation(bool isStream)
    {
        await product.ForgetAsync();
        var token = await product.CreateTokenAsync(new { kind = "proxy", limits = new[] { new { unit = "tokens", limit = 1_000 } } });

        using var answer = await product.CallAsync("openai", (string)token["token"]!, "Hi", isStream, maxTokens: 300, fault: """{"encoding":"zstd"}""");

        await Refused.AssertAsync(answer, "openai", HttpStatusCode.BadGateway, "upstream_unavailable");
        Assert.Empty(answer.Content.Headers.ContentEncoding);
        var charged = await product.SettledAsync(token);
        Assert.InRange(charged.Input + charged.Output, 300, 700);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_stream_that_is_not_compressed_as_it_says_ends_in_an_error_event_and_is_charged_at_the_reservation(string provider)
    {
        await product.ForgetAsync();
        var token = await product.CreateTokenAsync(new { kind = "proxy" });

        using var answer = await product.CallAsync(provider, (string)token["token"]!, isStream: true, maxTokens: 300, fault: """{"headers":{"content-encoding":"gzip"}}""");
        using var events = await EventReader.OfAsync(answer);

        Refused.AssertLastEvent(await events.RestAsync(), provider, 502, "upstream_unavailable");
        Assert.InRange((await product.SettledAsync(token)).Input, 300, 700);
    }

    [Fact]
    public async Task An_answer_that_is_not_compressed_as_it_says_is_a_bad_gateway_and_charged_at_the_reservation()
    {
        var token = await product.CreateTokenAsync(new { kind = "proxy" });
        using var answer = await product.CallAsync("openai", (string)token["token"]!, maxTokens: 300, fault: """{"headers":{"content-encoding":"br"}}""");
        await Refused.AssertAsync(answer, "openai", HttpStatusCode.BadGateway, "upstream_unavailable");
        Assert.InRange((await product.SettledAsync(token)).Input, 300, 700);
    }

    public static TheoryData<string> Providers => [.. ProviderCall.Providers];

    private async Task<HttpResponseMessage> ListModelsAsync(string encoding, string? accepted)
    {
        using var request = product.Request(HttpMethod.Get, "/openai/v1/models", await product.MintAsync());
        request.Headers.Add("x-mock-fault", $$"""{"encoding":"{{encoding}}"}""");
        if (accepted is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept-Encoding", accepted);
        }
        return await product.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }
}
