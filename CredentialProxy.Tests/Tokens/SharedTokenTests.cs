using System.Text.Json.Nodes;
using CredentialProxy.Core.Tokens;
using CredentialProxy.Core.Vault;
using CredentialProxy.Tests.Architecture;
using Microsoft.Extensions.Time.Testing;

namespace CredentialProxy.Tests.Tokens;

/// <summary>Session tokens that another implementation minted once, byte by byte as they were: neither our minter nor the tests' own has a part in them.</summary>
public sealed class SharedTokenTests
{
    private static readonly JsonNode Fixture = JsonNode.Parse(Repository.Read("CredentialProxy.Tests/Tokens/shared-tokens.json"))!;

    public static TheoryData<string> Names => [.. Fixture["tokens"]!.AsArray().Select(token => (string)token!["name"]!)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task It_is_taken_for_what_it_says(string name)
    {
        var (token, claims) = Find(name);
        var verified = (await VerifyAsync(token, secondsLater: 0)).Claims!;
        Assert.Equal(
            ((string)claims["sub"]!, (string)claims["provider"]!, (string)claims["credentialId"]!, (long?)claims["budget"], (long)claims["exp"]!),
            (verified.Subject, verified.Provider, verified.CredentialId, verified.Budget, verified.ExpiresAt.ToUnixTimeSeconds() - SessionTokenOptions.ClockToleranceSeconds));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task It_ends_when_it_says_give_or_take_what_clocks_differ(string name)
    {
        var (token, _) = Find(name);
        Assert.NotNull((await VerifyAsync(token, 929)).Claims);
        var ended = await VerifyAsync(token, 931);
        Assert.Equal((null, true), (ended.Claims, ended.IsExpired));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task It_is_worth_nothing_where_the_secret_is_another_or_a_character_of_it_is(string name)
    {
        var (token, _) = Find(name);
        Assert.Null((await VerifyAsync(token, 0, "another secret of at least thirty-two bytes, of somebody else")).Claims);
        for (var i = 0; i < token.Length; i++)
        {
            // The last character of a part has bits that stand for nothing.
            if (token[i] != '.' && i + 1 < token.Length && token[i + 1] != '.')
            {
                var changed = token[..i] + (token[i] == 'A' ? 'B' : 'A') + token[(i + 1)..];
                Assert.Null((await VerifyAsync(changed, 0)).Claims);
            }
        }
    }

    private static (string Token, JsonNode Claims) Find(string name)
    {
        var found = Fixture["tokens"]!.AsArray().Single(token => (string)token!["name"]! == name)!;
        return ((string)found["token"]!, found["claims"]!);
    }

    private static ValueTask<SessionVerification> VerifyAsync(string token, int secondsLater, string? secret = null) => new SessionTokenVerifier(
        new SessionTokenOptions { Secret = new Secret(secret ?? (string)Fixture["secret"]!) },
        new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds((long)Fixture["mintedAt"]! + secondsLater))).VerifyAsync(token);
}
