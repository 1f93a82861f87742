using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Attacks;

/// <summary>Tokens that end while a stream of theirs is open.</summary>
[Trait("threat", "token-3")]
public sealed class TokenEndAttacks(KeyedProduct keyed) : IClassFixture<KeyedProduct>
{
    // The next event is a minute away: the stream ends because the gateway ends it.
    private const string Silent = """{"chunkDelayMs":60000}""";

    private readonly Product _product = keyed.Product;

    public static TheoryData<string, string> Ends => new()
    {
        { "proxy", "revoke" },
        { "proxy", "disable" },
        { "proxy", "delete" },
        { "session", "revoke" },
        { "session", "disable" },
        { "session", "delete" },
    };

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task A_token_that_is_ended_takes_its_open_stream_with_it(string kind, string end)
    {
        var made = await _product.CreateTokenAsync(new { kind });
        var (token, id) = ((string)made["token"]!, (string)made["id"]!);
        await AssertEndsAsync(
            token,
            () => end switch
            {
                "revoke" => _product.Admin.PostAsync($"/api/tokens/{id}/revoke", null),
                "disable" => _product.Admin.PatchAsync($"/api/tokens/{id}", new StringContent("""{"status":"disabled"}""", Encoding.UTF8, "application/json")),
                _ => _product.Admin.DeleteAsync($"/api/tokens/{id}"),
            },
            end == "delete" ? "invalid_token" : "token_revoked");
    }

    [Fact]
    public async Task A_token_minted_elsewhere_is_ended_by_its_id()
    {
        var token = ForgedTokens.Good(("jti", "foreign-7"));
        await AssertEndsAsync(token, () => _product.Admin.PostAsync("/api/tokens/foreign-7/revoke", null), "token_revoked");
        // Another token with that id is the same token.
        using var again = await _product.ChatAsync(ForgedTokens.Good(("jti", "foreign-7"), ("note", "minted again")));
        Assert.Equal("token_revoked", again.Headers.GetValues("x-credential-proxy-error").Single());
    }

    [Fact]
    [Trait("threat", "spend-11")]
    public async Task A_stream_does_not_outlive_its_token_and_what_it_produced_is_charged()
    {
        var made = await _product.CreateTokenAsync(new { kind = "proxy", ttlSeconds = 4, limits = new[] { new { unit = "tokens", limit = 100_000 } } });
        await AssertEndsAsync((string)made["token"]!, null, "token_expired");
        await _product.NothingIsUnderWayAsync();
        var used = (await _product.UsageAsync($"?token={made["id"]}"))["totals"]!;
        Assert.Equal(1, (long)used["requests"]!);
        Assert.InRange((long)used["inputTokens"]!, 1, 100);
        Assert.InRange((long)used["outputTokens"]!, 0, 64);
        var spent = JsonNode.Parse(await _product.Admin.GetStringAsync($"/api/tokens/{made["id"]}"))!["limits"]![0]!["spent"]!;
        Assert.Equal((long)used["inputTokens"]! + (long)used["outputTokens"]!, (long)spent);
    }

    [Fact]
    public async Task A_stream_ends_when_its_token_does_by_now_and_not_when_it_did_when_it_began()
    {
        var made = await _product.CreateTokenAsync(new { kind = "proxy", ttlSeconds = 600 });
        var sooner = JsonSerializer.Serialize(new { expiresAt = TimeProvider.System.GetUtcNow().AddSeconds(2) });
        await AssertEndsAsync((string)made["token"]!, () => _product.Admin.PatchAsync($"/api/tokens/{made["id"]}", new StringContent(sooner, Encoding.UTF8, "application/json")), "token_expired", "token_expired");
    }

    [Fact]
    public async Task A_stream_whose_token_was_given_more_time_has_it()
    {
        const int Seconds = 3;
        var made = await _product.CreateTokenAsync(new { kind = "proxy", ttlSeconds = Seconds });
        await AssertEndsAsync(
            (string)made["token"]!,
            async () =>
            {
                using var never = await _product.Admin.PatchAsync($"/api/tokens/{made["id"]}", new StringContent("""{"expiresAt":"never"}""", Encoding.UTF8, "application/json"));
                never.EnsureSuccessStatusCode();
                await Task.Delay(TimeSpan.FromSeconds(Seconds + 1));
                return await _product.Admin.PostAsync($"/api/tokens/{made["id"]}/revoke", null);
            },
            "token_revoked");
    }

    private async Task AssertEndsAsync(string token, Func<Task<HttpResponseMessage>>? end, string codeAfterwards, string? code = null)
    {
        using var stream = await _product.ChatAsync(token, isStream: true, fault: Silent);
        using var events = new StreamReader(await stream.Content.ReadAsStreamAsync());
        Assert.StartsWith("data: {", await events.ReadLineAsync(), StringComparison.Ordinal);
        if (end is not null)
        {
            using var ended = await end();
            ended.EnsureSuccessStatusCode();
        }
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var rest = await events.ReadToEndAsync(patience.Token);
        Assert.Contains($"\"code\":\"{code ?? (end is null ? "token_expired" : "token_revoked")}\"", rest, StringComparison.Ordinal);
        using var answer = await _product.ChatAsync(token);
        Assert.Equal(codeAfterwards, answer.Headers.GetValues("x-credential-proxy-error").Single());
    }
}
