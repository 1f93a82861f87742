using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using CredentialProxy.Tests.Gateway.Tokens;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Admin;

/// <summary>What a caller of the control plane is told that has not proved itself (RFC 6750 §3).</summary>
public sealed class ChallengeTests(SharedSecret shared) : IClassFixture<SharedSecret>
{
    private readonly Product _product = shared.Product;

    public static TheoryData<string, string?, string, string?> Callers => new()
    {
        { "nothing", null, "missing_authorization", null },
        { "another scheme", "Basic YTpi", "missing_authorization", null },
        { "a key that is none", "Bearer cpadm_none", "invalid_token", "error=\"invalid_token\"" },
        { "a JWT of another secret", "Bearer " + Tokens.HandmadeToken.Sign("""{"sub":"ops"}""", secret: "somebody else's secret of thirty-two bytes"), "invalid_token", "error=\"invalid_token\"" },
        { "a session token", "Bearer " + SharedSecret.Session("ws"), "invalid_token", "error=\"invalid_token\"" },
        { "an expired JWT", "Bearer " + SharedSecret.Admin(("exp", 1)), "token_expired", "error=\"invalid_token\", error_description=\"The token expired at '01/01/1970 00:00:01'\"" },
    };

    [Theory]
    [MemberData(nameof(Callers), DisableDiscoveryEnumeration = true)]
    public async Task A_caller_is_told_what_is_wanted_and_what_was_wrong(string caller, string? authorization, string code, string? wrong)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_product.Control, "/api/tokens"));
        if (authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }
        using var answer = await _product.Client.SendAsync(request);
        Assert.True(answer.StatusCode == HttpStatusCode.Unauthorized, caller);
        Assert.Equal(new AuthenticationHeaderValue("Bearer", wrong), Assert.Single(answer.Headers.WwwAuthenticate));
        Assert.Equal((code, "application/problem+json"), ((string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["code"]!, answer.Content.Headers.ContentType?.MediaType));
        if (authorization?.Split(' ')[1] is { Length: > 8 } presented)
        {
            Assert.DoesNotContain(_product.Log, line => line.Contains(presented, StringComparison.Ordinal));
        }
        _product.AssertNothingFailed();
    }
}
