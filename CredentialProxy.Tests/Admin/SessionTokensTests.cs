using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using CredentialProxy.Tests.Gateway.Tokens;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Admin;

/// <summary>Session tokens minted and verified over HTTP: what no verifier would take is never made.</summary>
public sealed class SessionTokensTests(SharedSecret shared) : IClassFixture<SharedSecret>
{
    private readonly Product _product = shared.Product;

    [Theory]
    [InlineData("""{}""", "sub", "provider")]
    [InlineData("""{"sub":"","provider":"openai"}""", "sub")]
    [InlineData("""{"sub":"ws","provider":"nobody"}""", "provider")]
    [InlineData("""{"sub":"ws","provider":"OpenAI"}""", "provider")]
    [InlineData("""{"sub":"ws","provider":"openai","budget":-1}""", "budget")]
    [InlineData("""{"sub":"ws","provider":"openai","budget":9007199254740993}""", "budget")]
    [InlineData("""{"sub":"ws","provider":"openai","ttlSeconds":0}""", "ttlSeconds")]
    [InlineData("""{"sub":"ws","provider":"openai","ttlSeconds":-900}""", "ttlSeconds")]
    [InlineData("""{"sub":"ws","provider":"openai","ttlSeconds":999999999}""", "ttlSeconds")]
    public async Task Wrong_claims_are_refused_by_name(string request, params string[] fields)
    {
        using var content = new StringContent(request, System.Text.Encoding.UTF8, "application/json");
        using var answer = await _product.Admin.PostAsync("/api/session-tokens", content);
        var problem = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        Assert.True(answer.StatusCode == HttpStatusCode.BadRequest, problem.ToJsonString());
        Assert.Equal("invalid_request", (string)problem["code"]!);
        Assert.Equal(fields, problem["errors"]!.AsObject().Select(error => error.Key));
    }

    [Fact]
    public async Task A_minted_token_verifies_to_its_claims_and_is_taken()
    {
        using var made = await _product.Admin.PostAsJsonAsync("/api/session-tokens", new { sub = SharedSecret.NewWorkspace(), provider = "anthropic", budget = 5000, ttlSeconds = 60 });
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        var minted = (await made.Content.ReadFromJsonAsync<JsonNode>())!;
        var verified = await VerifyAsync((string)minted["token"]!);
        Assert.True((bool)verified["valid"]!);
        Assert.Equal(("anthropic", 5000L, (string)minted["id"]!), ((string)verified["claims"]!["provider"]!, (long)verified["claims"]!["budget"]!, (string)verified["claims"]!["jti"]!));
        var payload = JsonNode.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(((string)minted["token"]!).Split('.')[1]))!;
        Assert.Equal((long)payload["exp"]!, DateTimeOffset.Parse((string)verified["claims"]!["expiresAt"]!, System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeSeconds());
        using var answer = await _product.CallAsync("anthropic", (string)minted["token"]!);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    public static TheoryData<string, string> Invalid => new()
    {
        { "nonsense", "invalid_token" },
        { SharedSecret.Session("ws", changes: ("aud", "others")), "invalid_token" },
        { SharedSecret.Session("ws")[..^4] + "AAAA", "invalid_token" },
        { SharedSecret.Session("ws", changes: ("provider", null)), "invalid_token" },
        { SharedSecret.Session("ws", changes: [("iat", 1), ("exp", 2)]), "token_expired" },
    };

    [Theory]
    [MemberData(nameof(Invalid))]
    public async Task What_is_not_valid_is_told_why_and_is_no_failure(string token, string code)
    {
        var verified = await VerifyAsync(token);
        Assert.Equal((false, code), ((bool)verified["valid"]!, (string)verified["code"]!));
        Assert.NotEmpty((string)verified["reason"]!);
        Assert.DoesNotContain(token, verified.ToJsonString(), StringComparison.Ordinal);
    }

    private async Task<JsonNode> VerifyAsync(string token)
    {
        using var answer = await _product.Admin.PostAsJsonAsync("/api/session-tokens/verify", new { token });
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync<JsonNode>())!;
    }
}
