using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using CredentialProxy.Core.Usage;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Gateway;

/// <summary>How each figure came about is kept with it, so that an operator can tell what a provider said from what was counted, assumed or priced by guess.</summary>
public sealed class UsageMarksTests(UsageMarksTests.Priced priced) : IClassFixture<UsageMarksTests.Priced>
{
    private const int Chunks = 12;

    private readonly Product _product = priced.Product;

    public static TheoryData<string, UsageMarks> Providers => new()
    {
        { "openai", UsageMarks.Estimated },
        { "anthropic", UsageMarks.Estimated },
        { "openrouter", UsageMarks.Estimated },
        // Every chunk of Google's tells the usage so far.
        { "gemini", UsageMarks.None },
    };

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task What_a_client_left_behind_in_mid_stream_is_marked(string provider, UsageMarks how)
    {
        var token = await CreateTokenAsync();
        using (await StartStreamAsync(provider, token, cut: false))
        {
        }
        Assert.Equal(UsageMarks.ClientAborted | how, await MarksOfAsync(token));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task What_an_upstream_broke_off_in_mid_stream_is_marked(string provider, UsageMarks how)
    {
        var token = await CreateTokenAsync();
        using var events = await StartStreamAsync(provider, token, cut: true);
        Refused.AssertLastEvent(await events.RestAsync(), provider, 502, "upstream_unavailable");
        Assert.Equal(UsageMarks.UpstreamAborted | how, await MarksOfAsync(token));
    }

    [Theory]
    [InlineData("openai", true, UsageMarks.Estimated)]
    [InlineData("anthropic", true, UsageMarks.Estimated)]
    [InlineData("openrouter", true, UsageMarks.Estimated)]
    [InlineData("gemini", true, UsageMarks.Estimated)]
    // What an answer in one piece does not tell can't be counted: the provider may have done more than it shows.
    [InlineData("openai", false, UsageMarks.ChargedAtReservation)]
    [InlineData("anthropic", false, UsageMarks.ChargedAtReservation)]
    [InlineData("openrouter", false, UsageMarks.ChargedAtReservation)]
    [InlineData("gemini", false, UsageMarks.ChargedAtReservation)]
    public async Task What_a_provider_did_not_say_is_marked(string provider, bool isStream, UsageMarks marks)
    {
        var token = await CreateTokenAsync();
        using var answer = await _product.CallAsync(provider, (string)token["token"]!, isStream: isStream, fault: """{"missingUsage":true}""");
        await answer.Content.ReadAsStringAsync();
        Assert.Equal(marks, await MarksOfAsync(token));
    }

    [Fact]
    public async Task What_nobody_can_know_is_marked_with_who_broke_off()
    {
        var byUpstream = await CreateTokenAsync();
        using (await _product.ChatAsync((string)byUpstream["token"]!, fault: """{"reset":true}"""))
        {
        }
        Assert.Equal(UsageMarks.UpstreamAborted | UsageMarks.ChargedAtReservation, await MarksOfAsync(byUpstream));

        var byClient = await CreateTokenAsync();
        using var leaving = new CancellationTokenSource();
        await _product.ForgetAsync();
        var calling = _product.ChatAsync((string)byClient["token"]!, fault: """{"hang":true}""", cancellationToken: leaving.Token);
        await Product.EventuallyAsync(async () => await _product.CapturedAsync() is [{ } seen] && seen["bodySha256"] is not null, "the upstream has the request");
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => calling);
        Assert.Equal(UsageMarks.ClientAborted | UsageMarks.ChargedAtReservation, await MarksOfAsync(byClient));
    }

    [Theory]
    [InlineData("openai", false)]
    [InlineData("openai", true)]
    [InlineData("anthropic", false)]
    [InlineData("gemini", true)]
    public async Task A_model_in_no_list_costs_the_configured_price_and_is_marked(string provider, bool isStream)
    {
        await _product.ForgetAsync();
        var token = await CreateTokenAsync();
        var call = ProviderCall.Of(provider);
        var body = call.Body("Hello [[tokens:20]]", 64, isStream);
        var path = isStream ? call.StreamPath : call.Path;
        if (provider == "gemini")
        {
            path = path.Replace("gemini-2.5-flash", "nobody-knows-1", StringComparison.Ordinal);
        }
        else
        {
            body["model"] = "nobody-knows-1";
        }
        using var request = _product.Post(path, (string)token["token"]!, JsonContent.Create(body));
        using var answer = await _product.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);

        Assert.Equal(UsageMarks.FallbackPrice, await MarksOfAsync(token));
        var (_, input, output) = await _product.ProducedAsync();
        Assert.Equal(((input * 7) + (output * 11)) / 1_000_000m, (decimal)(await _product.UsageAsync($"?token={token["id"]}"))["totals"]!["usd"]!);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_a_provider_said_in_full_has_no_mark(bool isStream)
    {
        foreach (var provider in ProviderCall.Providers)
        {
            var token = await CreateTokenAsync();
            using var answer = await _product.CallAsync(provider, (string)token["token"]!, isStream: isStream);
            await answer.Content.ReadAsStringAsync();
            Assert.Equal(UsageMarks.None, await MarksOfAsync(token));
        }
    }

    private Task<JsonNode> CreateTokenAsync() => _product.CreateTokenAsync(new { kind = "proxy", limits = new[] { new { unit = "tokens", limit = 1_000_000 } } });

    private async Task<UsageMarks> MarksOfAsync(JsonNode token) => (UsageMarks)Assert.Single(await _product.RecordsAsync(token)).Marks;

    // A stream of which so many chunks have come; then it waits, or breaks off.
    private async Task<EventReader> StartStreamAsync(string provider, JsonNode token, bool cut)
    {
        var gate = Guid.NewGuid().ToString("n");
        await _product.OpenGateAsync(gate, Chunks - 1);
        var fault = cut ? $$"""{"gate":"{{gate}}","cutAfterChunks":{{Chunks}}}""" : $$"""{"gate":"{{gate}}"}""";
        var answer = await _product.CallAsync(provider, (string)token["token"]!, "[[tokens:50]]", isStream: true, fault: fault);
        var events = await EventReader.OfAsync(answer);
        for (var i = 0; i < Chunks; i++)
        {
            Assert.NotNull(await events.NextAsync());
        }
        await (cut ? _product.OpenGateAsync(gate) : Task.CompletedTask);
        return events;
    }

    /// <summary>The product with a price for what is in no list that the test knows.</summary>
    public sealed class Priced : IAsyncLifetime
    {
        public Product Product { get; } = new Product().With("Pricing:FallbackInput", "7").With("Pricing:FallbackOutput", "11");

        public ValueTask InitializeAsync() => Product.InitializeAsync();

        public ValueTask DisposeAsync() => Product.DisposeAsync();
    }
}
