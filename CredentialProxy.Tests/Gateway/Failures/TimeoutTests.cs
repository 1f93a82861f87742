using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Gateway.Failures;

/// <summary>An upstream that makes a request wait too long: told in the provider's shape, cancelled upstream, charged for what may have been spent.</summary>
public sealed class TimeoutTests(ImpatientProduct impatient) : IClassFixture<ImpatientProduct>
{
    private readonly Product _product = impatient.Product;

    public static TheoryData<string> Providers => [.. ProviderCall.Providers];

    [Fact]
    public async Task No_connection_in_time_is_a_gateway_timeout_that_costs_nothing()
    {
        var token = await CreateTokenAsync();
        using var request = _product.Post("/unreachable/v1/chat/completions", (string)token["token"]!, JsonContent.Create(ProviderCall.Of("openai").Body("Hi", 300, false)));
        using var answer = await _product.Client.SendAsync(request);
        await Refused.AssertAsync(answer, "openai", HttpStatusCode.GatewayTimeout, "upstream_timeout");
        Assert.Equal((0, 0, 0), await _product.SettledAsync(token));
    }

    [Fact]
    [Trait("threat", "fault-13")]
    public async Task An_upstream_that_is_down_is_a_bad_gateway_that_costs_and_holds_nothing()
    {
        var token = await CreateTokenAsync();
        using var request = _product.Post("/down/v1/chat/completions", (string)token["token"]!, JsonContent.Create(ProviderCall.Of("openai").Body("Hi", 300, false)));
        using var answer = await _product.Client.SendAsync(request);
        await Refused.AssertAsync(answer, "openai", HttpStatusCode.BadGateway, "upstream_unavailable");
        Assert.Equal((0, 0, 0), await _product.SettledAsync(token));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    [Trait("threat", "fault-13")]
    public async Task No_first_byte_in_time_is_a_gateway_timeout_charged_at_the_reservation(string provider)
    {
        var token = await CreateTokenAsync();
        var answers = await Task.WhenAll(new[] { false, true }.Select(isStream =>
            _product.CallAsync(provider, (string)token["token"]!, isStream: isStream, maxTokens: 300, fault: """{"hang":true}""")));
        foreach (var answer in answers)
        {
            await Refused.AssertAsync(answer, provider, HttpStatusCode.GatewayTimeout, "upstream_timeout");
            answer.Dispose();
        }
        var charged = await _product.SettledAsync(token);
        Assert.Equal(2, charged.Requests);
        Assert.InRange(charged.Input + charged.Output, 600, 1400);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_stream_that_falls_silent_ends_in_an_error_event_and_is_charged_for_what_came(string provider)
    {
        var token = await CreateTokenAsync();
        await _product.OpenGateAsync("silent-" + provider, 9);
        using var answer = await _product.CallAsync(provider, (string)token["token"]!, "[[tokens:50]]", isStream: true, maxTokens: 300, fault: $$"""{"gate":"silent-{{provider}}"}""");
        using var events = await EventReader.OfAsync(answer);

        Refused.AssertLastEvent(await events.RestAsync(), provider, 504, "upstream_timeout");
        var charged = await _product.SettledAsync(token);
        Assert.InRange(charged.Output, 7, 12);
    }

    [Fact]
    public async Task An_answer_that_falls_silent_halfway_is_broken_off_and_charged_at_the_reservation()
    {
        var token = await CreateTokenAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => _product.ChatAsync((string)token["token"]!, maxTokens: 300, fault: """{"gate":"never"}"""));
        Assert.InRange((await _product.SettledAsync(token)).Input, 300, 700);
    }

    [Fact]
    public async Task No_stream_outlives_the_longest_life_of_a_request_however_busy_it_is()
    {
        var token = await CreateTokenAsync();
        using var answer = await _product.ChatAsync((string)token["token"]!, "[[tokens:1000]]", isStream: true, maxTokens: 1000, fault: """{"chunkDelayMs":200}""");
        using var events = await EventReader.OfAsync(answer);
        var received = await events.RestAsync();
        Refused.AssertLastEvent(received, "openai", 504, "upstream_timeout");
        // The events are the first, which holds no text, a token each, and the error. A token here and there joins with the next, and a twentieth is added for what was on its way.
        var tokens = received.Count - 2;
        var charged = await _product.SettledAsync(token);
        Assert.InRange(charged.Output, tokens * 9 / 10, tokens * 21 / 20);
    }

    private Task<JsonNode> CreateTokenAsync() => _product.CreateTokenAsync(new { kind = "proxy", limits = new[] { new { unit = "tokens", limit = 1_000_000 } } });
}
