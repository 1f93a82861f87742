using System.Net;
using System.Net.Http.Json;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Gateway.Streams;

/// <summary>An answer that breaks off says so in the provider's own way, and is charged for what came of it.</summary>
public sealed class BrokenStreamTests(Product product) : IClassFixture<Product>
{
    private const int Chunks = 12;

    public static TheoryData<string> Providers => [.. ProviderCall.Providers];

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_stream_that_the_upstream_breaks_ends_in_an_error_event_and_is_charged_for_what_came(string provider)
    {
        await product.ForgetAsync();
        var token = await product.CreateTokenAsync(new { kind = "proxy" });

        await product.OpenGateAsync("cut-" + provider, Chunks - 1);

        using var answer = await product.CallAsync(provider, (string)token["token"]!, "[[tokens:50]]", isStream: true, fault: $$"""{"cutAfterChunks":{{Chunks}},"gate":"cut-{{provider}}"}""");
        using var events = await EventReader.OfAsync(answer);
        for (var i = 0; i < Chunks; i++)
        {
            await events.NextAsync();
        }
        await product.OpenGateAsync("cut-" + provider);
        var received = await events.RestAsync();

        Refused.AssertLastEvent(received, provider, 502, "upstream_unavailable");
        var (_, _, produced) = await product.ProducedAsync();
        Assert.InRange(produced, Chunks - 3, Chunks);
        var charged = await product.SettledAsync(token);
        // Where no figure came, what passed is counted: exactly for OpenAI's models, with a margin for others.
        Assert.InRange(charged.Output, produced, (long)Math.Ceiling(produced * 1.2));
        Assert.True(charged.Input > 0);
    }

    [Fact]
    public async Task A_JSON_array_that_breaks_off_breaks_the_client_s_connection()
    {
        await product.ForgetAsync();
        var token = await product.CreateTokenAsync(new { kind = "proxy" });
        using var request = product.Post("/v1beta/models/gemini-2.5-flash:streamGenerateContent", (string)token["token"]!, JsonContent.Create(ProviderCall.Of("gemini").Body("[[tokens:50]]", 64, true)));
        request.Headers.Add("x-mock-fault", $$"""{"cutAfterChunks":{{Chunks}},"gate":"cut-array"}""");
        await product.OpenGateAsync("cut-array", Chunks - 1);

        using var answer = await product.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var elements = await EventReader.OfAsync(answer);
        for (var i = 0; i < Chunks; i++)
        {
            await elements.NextAsync("\"mock-response\"}");
        }
        await product.OpenGateAsync("cut-array");

        // Half an array is no JSON, and with an error put behind it none either.
        await Assert.ThrowsAnyAsync<IOException>(() => elements.NextAsync("never"));
        Assert.Equal((await product.ProducedAsync()).Output, (await product.SettledAsync(token)).Output);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Half_a_JSON_answer_is_never_taken_for_a_whole_one_and_is_charged_at_the_reservation(string provider)
    {
        var token = await product.CreateTokenAsync(new { kind = "proxy" });
        try
        {
            using var answer = await product.CallAsync(provider, (string)token["token"]!, "[[tokens:50]]", maxTokens: 300, fault: """{"cutAfterChunks":1}""");
            Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
        }
        catch (HttpRequestException)
        {
            // Its beginning had left already.
        }
        Assert.True((await product.SettledAsync(token)).Input >= 300);
    }
}
