using System.Net;
using System.Text.Json.Nodes;
using CredentialProxy.Core.Usage;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Gateway.Failures;

/// <summary>Providers that answer slowly, oddly or with nonsense: every byte of it passes, it is charged for what it is worth, and the gateway does not stumble.</summary>
public sealed class UpstreamFaultTests(Product product) : IClassFixture<Product>
{
    // What the mock sends where it is told to make no sense.
    private const string BrokenJson = "{\"id\":\"broken\", \"choices\": [";
    private const string BrokenEvents = "data: {\"id\":\"broken\"\ndata: \n:\n\nevent\n\n\0data: [}\n\n";
    private const int Huge = 1_000_000;
    private const int Claimed = 33;

    public static TheoryData<string> Providers => [.. ProviderCall.Providers];

    public static MatrixTheoryData<string, string, bool> Harmless => new(
        ProviderCall.Providers, ["""{"delayMs":300}""", """{"bytesPerSecond":20000}""", """{"hugeBytes":1000000}""", """{"bytesPerSecond":20000,"encoding":"gzip"}"""], [false, true]);

    [Theory]
    [MemberData(nameof(Harmless))]
    public async Task What_is_slow_or_huge_arrives_whole_and_is_charged_exactly(string provider, string fault, bool isStream)
    {
        await product.ForgetAsync();
        var token = await CreateTokenAsync();

        using var answer = await product.CallAsync(provider, (string)token["token"]!, "[[tokens:20]]", isStream, fault: fault);
        var text = await answer.Content.ReadAsStringAsync();

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        AssertIsWhole(provider, text, isStream);
        // In a stream only the mock of the chat API has it as a piece of its own.
        var isHuge = fault.Contains("huge", StringComparison.Ordinal) && (!isStream || provider is "openai" or "openrouter");
        Assert.Equal(isHuge, text.Contains(new string('x', Huge), StringComparison.Ordinal));
        await AssertIsChargedAsync(token, UsageMarks.None);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task An_answer_that_is_no_JSON_passes_as_it_is_and_is_charged_at_the_reservation(string provider)
    {
        var token = await CreateTokenAsync();
        using var answer = await product.CallAsync(provider, (string)token["token"]!, maxTokens: 300, fault: """{"malformed":true}""");
        Assert.Equal((HttpStatusCode.OK, BrokenJson), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
        var record = Assert.Single(await product.RecordsAsync(token));
        Assert.Equal(UsageMarks.ChargedAtReservation, (UsageMarks)record.Marks);
        Assert.InRange(record.InputTokens, 300, 700);
        product.AssertNothingFailed();
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Nonsense_between_events_passes_as_it_is_and_hides_no_usage(string provider)
    {
        await product.ForgetAsync();
        var token = await CreateTokenAsync();
        // Google's calls don't say in their body that they are streamed, by which the mock knows.
        var fault = provider == "gemini" ? """{"answer":"data: {\"id\":\"broken\"\ndata: \n:\n\nevent\n\ndata: [}\n\ndata: {\"usageMetadata\":{\"promptTokenCount\":4,\"candidatesTokenCount\":5,\"totalTokenCount\":9}}\n\n"}""" : """{"malformed":true}""";
        using var answer = await product.CallAsync(provider, (string)token["token"]!, "[[tokens:20]]", isStream: true, fault: fault);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.StartsWith(provider == "gemini" ? BrokenEvents.Replace("\0", "", StringComparison.Ordinal) : BrokenEvents, text, StringComparison.Ordinal);
        if (provider == "gemini")
        {
            Assert.Equal((1, 4, 5), await product.SettledAsync(token));
            return;
        }
        AssertIsWhole(provider, text, isStream: true);
        await AssertIsChargedAsync(token, UsageMarks.None);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_provider_is_taken_at_its_word_for_what_fits_the_request(string provider)
    {
        foreach (var isStream in new[] { false, true })
        {
            var token = await CreateTokenAsync();
            using var answer = await product.CallAsync(provider, (string)token["token"]!, isStream: isStream, fault: $$"""{"claimInput":{{Claimed}},"claimOutput":{{Claimed}}}""");
            await answer.Content.ReadAsStringAsync();
            Assert.Equal((1, Claimed, Claimed), await product.SettledAsync(token));
        }
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task What_a_provider_claims_beyond_the_worst_case_is_marked_and_spends_no_more_than_there_is(string provider)
    {
        var token = await CreateTokenAsync(limit: 1000);
        using var answer = await product.CallAsync(provider, (string)token["token"]!, fault: """{"claimOutput":5000}""");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var record = Assert.Single(await product.RecordsAsync(token));
        Assert.Equal((5000, UsageMarks.Overrun), (record.OutputTokens, (UsageMarks)record.Marks));
        var state = JsonNode.Parse(await product.Admin.GetStringAsync($"/api/tokens/{token["id"]}"))!["limits"]![0]!;
        Assert.Equal((1000, 0), ((long)state["spent"]!, (long)state["remaining"]!));
    }

    private static void AssertIsWhole(string provider, string text, bool isStream)
    {
        if (!isStream)
        {
            Assert.NotNull(JsonNode.Parse(text));
            return;
        }
        var end = provider switch
        {
            "anthropic" => "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
            "gemini" => "\"mock-response\"}\n\n",
            _ => "data: [DONE]\n\n",
        };
        Assert.EndsWith(end, text, StringComparison.Ordinal);
    }

    private Task<JsonNode> CreateTokenAsync(long limit = 1_000_000) => product.CreateTokenAsync(new { kind = "proxy", limits = new[] { new { unit = "tokens", limit } } });

    private async Task AssertIsChargedAsync(JsonNode token, UsageMarks marks)
    {
        var record = Assert.Single(await product.RecordsAsync(token));
        var (_, input, output) = await product.ProducedAsync();
        Assert.Equal((input, output, marks), (record.InputTokens, record.OutputTokens, (UsageMarks)record.Marks));
        product.AssertNothingFailed();
    }
}
