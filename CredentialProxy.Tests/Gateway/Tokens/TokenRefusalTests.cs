using System.Net;
using System.Net.Http.Json;
using CredentialProxy.Tests.Running;
using CredentialProxy.Tests.Tokens;

namespace CredentialProxy.Tests.Gateway.Tokens;

/// <summary>Tokens that prove nothing, or no longer: told apart, in the provider's shape, and nothing of them goes upstream.</summary>
public sealed class TokenRefusalTests(SharedSecret shared) : IClassFixture<SharedSecret>
{
    private readonly Product _product = shared.Product;

    private static long Now => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    public static TheoryData<string> Providers => [.. ProviderCall.Providers];

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_token_that_proves_nothing_is_refused_before_anything_is_sent(string provider)
    {
        await _product.ForgetAsync();
        await AssertRefusedAsync(provider, "", "missing_authorization");
        await AssertRefusedAsync(provider, "ptk_nobody_has_ever_made_this", "invalid_token");
        await AssertRefusedAsync(provider, $"sk-demo-{provider}-key", "invalid_token");
        await AssertRefusedAsync(provider, _product.AdminKey, "invalid_token");
        await AssertRefusedAsync(provider, SharedSecret.Admin(("role", "admin")), "invalid_token");
        await AssertRefusedAsync(provider, HandmadeToken.Sign(HandmadeToken.Payload(), secret: "somebody else's secret of thirty-two bytes"), "invalid_token");
        await AssertRefusedAsync(provider, SharedSecret.Session("ws", provider, changes: ("aud", "somebody-else")), "invalid_token");
        await AssertRefusedAsync(provider, SharedSecret.Session("ws", provider, changes: ("iss", "somebody-else")), "invalid_token");
        await AssertRefusedAsync(provider, SharedSecret.Session("ws", "a-provider-of-nobody"), "invalid_token");
        await AssertRefusedAsync(provider, SharedSecret.Session("ws", provider, changes: ("exp", null)), "invalid_token");
        await AssertRefusedAsync(provider, SharedSecret.Session("ws", provider, changes: ("nbf", Now + 600)), "invalid_token");
        await AssertRefusedAsync(provider, SharedSecret.Session("ws", provider, changes: ("budget", "many")), "invalid_token");
        await AssertRefusedAsync(provider, SharedSecret.Session("ws", provider, changes: [("iat", Now - 1000), ("exp", Now - 100)]), "token_expired");
        Assert.Empty(await _product.CapturedAsync());
        await _product.NothingIsHeldAsync();
        _product.AssertNothingFailed();
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Revoked_disabled_and_deleted_tokens_are_refused_from_the_next_request_on(string provider)
    {
        foreach (var kind in new[] { "proxy", "session" })
        {
            await AssertEndsAsync(provider, kind, id => _product.Admin.PostAsync($"/api/tokens/{id}/revoke", null), "token_revoked");
            await AssertEndsAsync(provider, kind, id => _product.Admin.PatchAsync($"/api/tokens/{id}", JsonContent.Create(new { status = "disabled" })), "token_revoked");
            await AssertEndsAsync(provider, kind, id => _product.Admin.DeleteAsync($"/api/tokens/{id}"), "invalid_token");
        }
    }

    [Fact]
    public async Task A_disabled_token_that_is_enabled_again_works_again_and_a_revoked_one_never_does()
    {
        var token = await _product.CreateTokenAsync(new { kind = "proxy" });
        await PatchStatusAsync(token["id"], "disabled", HttpStatusCode.OK);
        await AssertRefusedAsync("openai", (string)token["token"]!, "token_revoked");
        await PatchStatusAsync(token["id"], "active", HttpStatusCode.OK);
        using var answer = await _product.ChatAsync((string)token["token"]!);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);

        using var revoked = await _product.Admin.PostAsync($"/api/tokens/{token["id"]}/revoke", null);
        await PatchStatusAsync(token["id"], "active", HttpStatusCode.BadRequest);
        await AssertRefusedAsync("openai", (string)token["token"]!, "token_revoked");
    }

    [Fact]
    public async Task A_token_expires_in_the_middle_of_its_stream_too()
    {
        var token = await _product.CreateTokenAsync(new { kind = "proxy", ttlSeconds = 5 });
        using var answer = await _product.ChatAsync((string)token["token"]!, isStream: true, fault: """{"gate":"expiring"}""");
        using var events = await EventReader.OfAsync(answer);
        Assert.NotNull(await events.NextAsync());
        Refused.AssertLastEvent(await events.RestAsync(), "openai", 401, "token_expired");
        await AssertRefusedAsync("openai", (string)token["token"]!, "token_expired");
    }

    private async Task AssertEndsAsync(string provider, string kind, Func<string, Task<HttpResponseMessage>> end, string code)
    {
        var token = await _product.CreateTokenAsync(new { kind });
        using var before = await _product.CallAsync(provider, (string)token["token"]!);
        Assert.Equal(HttpStatusCode.OK, before.StatusCode);
        using var ended = await end((string)token["id"]!);
        Assert.True(ended.IsSuccessStatusCode);
        await AssertRefusedAsync(provider, (string)token["token"]!, code);
    }

    private async Task PatchStatusAsync(object? id, string status, HttpStatusCode expected)
    {
        using var answer = await _product.Admin.PatchAsync($"/api/tokens/{id}", JsonContent.Create(new { status }));
        Assert.Equal(expected, answer.StatusCode);
    }

    private async Task AssertRefusedAsync(string provider, string token, string code)
    {
        using var answer = await _product.CallAsync(provider, token);
        await Refused.AssertAsync(answer, provider, HttpStatusCode.Unauthorized, code);
        Assert.Equal("Bearer", answer.Headers.WwwAuthenticate.Single().Scheme);
    }
}
