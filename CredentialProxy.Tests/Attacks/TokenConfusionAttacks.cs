using System.Net;
using CredentialProxy.Tests.Running;
using CredentialProxy.Tests.Tokens;

namespace CredentialProxy.Tests.Attacks;

/// <summary>Tokens of one kind where another is due.</summary>
[Trait("threat", "token-2")]
public sealed class TokenConfusionAttacks(KeyedProduct keyed) : IClassFixture<KeyedProduct>
{
    private const string SessionAudience = "relay-llm-proxy";
    private const string AdminAudience = "relay-credential-proxy-admin";

    private readonly Product _product = keyed.Product;

    private static long Now => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    [Fact]
    public async Task No_session_token_and_no_proxy_token_opens_the_control_plane()
    {
        var session = await _product.CreateTokenAsync(new { kind = "session" });
        Assert.Equal("invalid_token", await keyed.ControlCodeAsync((string)session["token"]!));
        Assert.Equal("invalid_token", await keyed.ControlCodeAsync(await _product.MintAsync()));
        Assert.Equal("invalid_token", await keyed.ControlCodeAsync(ForgedTokens.Good()));
        // Not even one that says that it is an admin's, signed by who may sign session tokens.
        Assert.Equal("invalid_token", await keyed.ControlCodeAsync(ForgedTokens.Good(("role", "admin"), ("aud", new[] { SessionAudience, AdminAudience }))));
        Assert.Equal("invalid_token", await keyed.ControlCodeAsync(ForgedTokens.Good(("role", "admin"), ("aud", AdminAudience))));
    }

    [Fact]
    public async Task An_admin_JWT_needs_its_own_audience_and_role()
    {
        Assert.Null(await keyed.ControlCodeAsync(Admin(AdminAudience)));
        Assert.Equal("invalid_token", await keyed.ControlCodeAsync(Admin(SessionAudience)));
        Assert.Equal("invalid_token", await keyed.ControlCodeAsync(Admin("somebody-else")));
        Assert.Equal("admin_required", await keyed.ControlCodeAsync(Admin(AdminAudience, role: "operator")));
    }

    [Fact]
    public async Task Neither_the_admin_key_nor_an_admin_JWT_passes_the_gateway()
    {
        await _product.ForgetAsync();
        foreach (var token in new[] { _product.AdminKey, Admin(AdminAudience), Admin(SessionAudience), Admin(SessionAudience, provider: "openai") })
        {
            using var answer = await _product.ChatAsync(token);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
            Assert.Equal("invalid_token", answer.Headers.GetValues("x-credential-proxy-error").Single());
        }
        Assert.Empty(await _product.CapturedAsync());
    }

    [Theory]
    [InlineData("https://issuer.example")]
    [InlineData("Credential-Proxy")]
    [InlineData("")]
    public async Task A_token_of_another_issuer_is_not_taken_though_the_secret_fits(string issuer)
    {
        using var answer = await _product.ChatAsync(ForgedTokens.Good(("iss", issuer), ("jti", "foreign")));
        Assert.Equal("invalid_token", answer.Headers.GetValues("x-credential-proxy-error").Single());
    }

    [Fact]
    public async Task A_token_that_claims_to_be_ours_is_worth_what_is_kept_for_its_id()
    {
        // Whoever has the secret can sign in our name: without a grant that we keep, it opens nothing, whatever it claims.
        using var answer = await _product.ChatAsync(ForgedTokens.Good(("iss", "credential-proxy"), ("jti", "tok_never_made")));
        Assert.Equal("invalid_token", answer.Headers.GetValues("x-credential-proxy-error").Single());

        var proxy = await _product.CreateTokenAsync(new { kind = "proxy" });
        using var other = await _product.ChatAsync(ForgedTokens.Good(("iss", "credential-proxy"), ("jti", (string)proxy["id"]!)));
        Assert.Equal("invalid_token", other.Headers.GetValues("x-credential-proxy-error").Single());
    }

    private static string Admin(string audience, string role = "admin", string? provider = null) => HandmadeToken.Sign(
        HandmadeToken.Payload(("aud", audience), ("role", role), ("provider", provider), ("credentialId", null), ("iat", Now), ("exp", Now + 900)), secret: KeyedProduct.AdminSecret);
}
