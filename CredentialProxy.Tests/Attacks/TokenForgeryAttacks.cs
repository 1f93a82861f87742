using System.Net;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Attacks;

/// <summary>Forged session tokens at the running gateway.</summary>
[Trait("threat", "token-1")]
public sealed class TokenForgeryAttacks(KeyedProduct keyed) : IClassFixture<KeyedProduct>
{
    private readonly Product _product = keyed.Product;

    public static TheoryData<string> Forgeries => [.. ForgedTokens.All.Keys];

    [Fact]
    public async Task What_they_are_made_after_is_taken()
    {
        using var answer = await _product.ChatAsync(ForgedTokens.Good());
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Theory]
    [MemberData(nameof(Forgeries))]
    public async Task A_forged_token_proves_nothing_and_nothing_is_sent(string forgery)
    {
        await _product.ForgetAsync();
        using var answer = await _product.ChatAsync(ForgedTokens.All[forgery]);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal("invalid_token", answer.Headers.GetValues("x-credential-proxy-error").Single());
        Assert.Empty(await _product.CapturedAsync());
    }

    [Fact]
    [Trait("threat", "key-7")]
    public async Task A_token_that_is_not_genuine_is_told_nothing_of_its_claims()
    {
        // Everything about it is wrong; the refusal is that of one whose signature alone is.
        var good = await MessageAsync(ForgedTokens.All["another secret"]);
        foreach (var (claim, value) in new (string, object?)[] { ("exp", 1), ("aud", "other"), ("iss", "other"), ("sub", ""), ("provider", "nobody"), ("budget", -1) })
        {
            var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
            var payload = Tokens.HandmadeToken.Payload(("iat", now), ("exp", now + 900), (claim, value));
            Assert.Equal(good, await MessageAsync(Tokens.HandmadeToken.Sign(payload, secret: "a secret of thirty-two bytes at least, of the attacker's own")));
        }
    }

    private async Task<string> MessageAsync(string token)
    {
        using var answer = await _product.ChatAsync(token);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        return await answer.Content.ReadAsStringAsync();
    }
}
