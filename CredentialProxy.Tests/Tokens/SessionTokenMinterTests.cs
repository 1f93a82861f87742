using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Tokens;

namespace CredentialProxy.Tests.Tokens;

public sealed class SessionTokenMinterTests
{
    private readonly SessionTokenMinter _minter = new(HandmadeToken.Options, HandmadeToken.Clock());

    private static SessionTokenRequest Request => new() { Subject = "ws_1", Provider = "anthropic" };

    [Fact]
    public async Task What_is_minted_is_accepted_and_says_the_same()
    {
        var token = _minter.Mint(Request with { CredentialId = "cred_2", Budget = 0, Lifetime = TimeSpan.FromMinutes(1) }, "tok_1");

        var result = await HandmadeToken.VerifyAsync(token);

        Assert.Equal(
            new SessionClaims
            {
                Subject = "ws_1",
                Provider = "anthropic",
                CredentialId = "cred_2",
                Budget = 0,
                Id = "tok_1",
                ExpiresAt = HandmadeToken.Now.AddSeconds(90),
            },
            result.Claims);
    }

    [Fact]
    public async Task A_token_of_a_kept_grant_says_that_it_is_ours_and_nothing_it_could_claim()
    {
        var result = await HandmadeToken.VerifyAsync(_minter.MintStored("tok_1", "project", HandmadeToken.Now.AddHours(1)));

        Assert.Equal(new SessionClaims { Subject = "project", Id = "tok_1", IsOurs = true, ExpiresAt = HandmadeToken.Now.AddSeconds(3630) }, result.Claims);
    }

    [Fact]
    public async Task The_longest_and_the_shortest_of_everything_is_accepted()
    {
        var longest = new string('é', 256);
        var request = new SessionTokenRequest { Subject = longest, Provider = longest, CredentialId = longest, Budget = Limit.MaxAmount, Lifetime = TimeSpan.FromDays(7) };

        Assert.NotNull((await HandmadeToken.VerifyAsync(_minter.Mint(request, longest))).Claims);
        Assert.NotNull((await HandmadeToken.VerifyAsync(_minter.Mint(Request with { Lifetime = TimeSpan.FromSeconds(1) }, "j"))).Claims);
        Assert.Equal(HandmadeToken.Now.AddSeconds(930), (await HandmadeToken.VerifyAsync(_minter.Mint(Request, "j"))).Claims?.ExpiresAt);
    }

    public static TheoryData<string, SessionTokenRequest, string> Wrong => new()
    {
        { "sub", Request with { Subject = "" }, "j" },
        { "sub", Request with { Subject = new string('x', 257) }, "j" },
        { "jti", Request, "" },
        { "jti", Request, new string('x', 257) },
        { "provider", Request with { Provider = "" }, "j" },
        { "provider", Request with { Provider = new string('x', 257) }, "j" },
        { "credentialId", Request with { CredentialId = new string('x', 257) }, "j" },
        { "budget", Request with { Budget = -1 }, "j" },
        { "budget", Request with { Budget = Limit.MaxAmount + 1 }, "j" },
        { "lives", Request with { Lifetime = TimeSpan.Zero }, "j" },
        { "lives", Request with { Lifetime = TimeSpan.FromSeconds(-1) }, "j" },
        { "lives", Request with { Lifetime = TimeSpan.FromSeconds(604_801) }, "j" },
        { "lives", Request with { Lifetime = TimeSpan.MaxValue }, "j" },
    };

    [Theory]
    [MemberData(nameof(Wrong), DisableDiscoveryEnumeration = true)]
    public void What_no_verifier_would_accept_is_not_minted(string named, SessionTokenRequest request, string id)
    {
        var error = Assert.Throws<ArgumentException>(() => _minter.Mint(request, id));

        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(604_801)]
    public void A_kept_grant_outside_the_lifetimes_is_not_minted(int seconds) =>
        Assert.Throws<ArgumentException>(() => _minter.MintStored("tok_1", "project", HandmadeToken.Now.AddSeconds(seconds)));
}
