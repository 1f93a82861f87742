using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Gateway.Streams;

/// <summary>
/// Nothing holds a stream back: each event is in the client's hands while the upstream still waits to be told to go on with the next one.
/// </summary>
public sealed class EventOrderTests(Product product) : IClassFixture<Product>
{
    private const string Prompt = "Go on. [[tokens:6]]";

    public static MatrixTheoryData<string, string> StreamsAndEncodings => new(ProviderCall.Providers, ["", "gzip", "br", "deflate"]);

    [Theory]
    [MemberData(nameof(StreamsAndEncodings))]
    public async Task Each_event_leaves_as_it_arrives(string provider, string encoding)
    {
        await product.ForgetAsync();
        var token = await product.CreateTokenAsync(new { kind = "proxy" });
        var gate = Guid.NewGuid().ToString("n");
        var fault = new JsonObject { ["gate"] = gate };
        if (encoding.Length > 0)
        {
            fault["encoding"] = encoding;
        }

        using var answer = await product.CallAsync(provider, (string)token["token"]!, Prompt, isStream: true, fault: fault.ToJsonString());
        using var events = await EventReader.OfAsync(answer);
        var count = 0;
        while (await events.NextAsync() is { } next)
        {
            Assert.Contains("data: ", next, StringComparison.Ordinal);
            count++;
            await product.OpenGateAsync(gate);
            if (next.Contains("\"finish_reason\":\"", StringComparison.Ordinal))
            {
                // The upstream's usage chunk comes next. It is withheld, so that no event would answer its gate.
                await product.OpenGateAsync(gate);
            }
        }

        Assert.InRange(count, 6, 13);
        var (_, input, output) = await product.ProducedAsync();
        Assert.Equal((1, input, output), await product.SettledAsync(token));
        Assert.Equal(6, output);
    }

    [Fact]
    public async Task Each_element_of_a_JSON_array_leaves_as_it_arrives_and_is_metered()
    {
        await product.ForgetAsync();
        var token = await product.CreateTokenAsync(new { kind = "proxy" });
        var gate = Guid.NewGuid().ToString("n");
        using var request = product.Post("/v1beta/models/gemini-2.5-flash:streamGenerateContent", (string)token["token"]!, JsonContent.Create(ProviderCall.Of("gemini").Body(Prompt, 64, true)));
        request.Headers.Add("x-mock-fault", $$"""{"gate":"{{gate}}"}""");

        using var answer = await product.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var elements = await EventReader.OfAsync(answer);
        var text = "";
        for (var i = 0; i < 6; i++)
        {
            text += await elements.NextAsync("\"mock-response\"}") + "\"mock-response\"}";
            await product.OpenGateAsync(gate);
        }
        text += await elements.NextAsync();

        Assert.Equal(new MediaTypeHeaderValue("application/json", "UTF-8"), answer.Content.Headers.ContentType);
        Assert.Equal(6, JsonNode.Parse(text)!.AsArray().Count);
        var (_, input, output) = await product.ProducedAsync();
        Assert.Equal((1, input, output), await product.SettledAsync(token));
        Assert.Equal(6, output);
    }

    [Fact]
    public async Task A_stream_is_settled_before_its_last_event_reaches_the_client()
    {
        var token = await product.CreateTokenAsync(new { kind = "proxy", limits = new[] { new { unit = "concurrent", limit = 1 } } });
        for (var i = 0; i < 20; i++)
        {
            // The place of the stream before is free in the very moment in which its end is seen.
            using var answer = await product.ChatAsync((string)token["token"]!, Prompt, isStream: true);
            answer.EnsureSuccessStatusCode();
            using var events = await EventReader.OfAsync(answer);
            while (await events.NextAsync() is not "data: [DONE]")
            {
            }
        }
    }
}
