using System.Text;
using System.Text.Json.Nodes;
using CredentialProxy.Core.Tokens;

namespace CredentialProxy.Tests.Tokens;

[Trait("threat", "token-1")]
public sealed class SessionTokenVerifierTests
{
    private static readonly long Now = HandmadeToken.NowSeconds;

    [Fact]
    public async Task A_token_signed_by_another_system_says_what_that_system_wrote()
    {
        var result = await HandmadeToken.VerifyAsync(HandmadeToken.Sign(HandmadeToken.Payload(("budget", 50_000), ("jti", "j1"))));

        Assert.Equal("", result.Reason);
        Assert.Equal(
            new SessionClaims
            {
                Subject = "ws_1",
                Provider = "openai",
                CredentialId = "cred_1",
                Budget = 50_000,
                Id = "j1",
                IsOurs = false,
                ExpiresAt = HandmadeToken.Now.AddSeconds(930),
            },
            result.Claims);
    }

    [Fact]
    public async Task Budget_credential_and_id_may_be_missing()
    {
        var claims = (await HandmadeToken.VerifyAsync(HandmadeToken.Sign(HandmadeToken.Payload(("credentialId", null), ("iat", null))))).Claims;

        Assert.NotNull(claims);
        Assert.Null(claims.Budget);
        Assert.Null(claims.CredentialId);
        Assert.Null(claims.Id);
    }

    [Fact]
    public async Task The_audience_may_be_one_of_several()
    {
        var result = await HandmadeToken.VerifyAsync(HandmadeToken.Sign(HandmadeToken.Payload(("aud", JsonNode.Parse("""["other","relay-llm-proxy"]""")))));

        Assert.NotNull(result.Claims);
    }

    [Theory]
    [InlineData("""{"alg":"HS256","typ":"JWT"}""")]
    [InlineData("""{"alg":"HS256"}""")]
    [InlineData("""{"typ":"jwt","alg":"HS256"}""")]
    [InlineData("""{"alg":"HS256","typ":"JWT","kid":"../../etc/passwd"}""")]
    public async Task A_header_without_instructions_is_taken(string header)
    {
        var result = await HandmadeToken.VerifyAsync(HandmadeToken.Sign(HandmadeToken.Payload(), header));

        Assert.Equal("", result.Reason);
        Assert.NotNull(result.Claims);
    }

    [Theory]
    [InlineData("""{"alg":"none","typ":"JWT"}""")]
    [InlineData("""{"alg":"None"}""")]
    [InlineData("""{"alg":"HS384"}""")]
    [InlineData("""{"alg":"HS512"}""")]
    [InlineData("""{"alg":"RS256"}""")]
    [InlineData("""{"alg":"ES256"}""")]
    [InlineData("""{"alg":"PS256"}""")]
    [InlineData("""{"alg":"hs256"}""")]
    [InlineData("""{"alg":null}""")]
    [InlineData("""{"alg":["HS256"]}""")]
    [InlineData("""{"typ":"JWT"}""")]
    [InlineData("""{"alg":"HS256","alg":"HS256"}""")]
    [InlineData("""{"alg":"HS256","\u0061lg":"none"}""")]
    [InlineData("""{"alg":"HS256","typ":"at+jwt"}""")]
    [InlineData("""{"alg":"HS256","typ":1}""")]
    [InlineData("""{"alg":"HS256","jku":"https://evil.example/keys"}""")]
    [InlineData("""{"alg":"HS256","jwk":{"kty":"oct","k":"AAAA"}}""")]
    [InlineData("""{"alg":"HS256","x5u":"https://evil.example/c"}""")]
    [InlineData("""{"alg":"HS256","x5c":["AAAA"]}""")]
    [InlineData("""{"alg":"HS256","crit":["exp"]}""")]
    [InlineData("""{"alg":"HS256","enc":"A128GCM"}""")]
    [InlineData("""{"alg":"HS256","zip":"DEF"}""")]
    [InlineData("""{"alg":"HS256","b64":false}""")]
    [InlineData("""{"alg":"HS256","jku":null}""")]
    [InlineData("""["HS256"]""")]
    [InlineData("\"HS256\"")]
    [InlineData("{")]
    [InlineData("")]
    [InlineData("""{"alg":"\ud800"}""")]
    [InlineData("""{"alg":"HS256","\ud800":1}""")]
    public async Task A_header_that_chooses_its_key_or_its_meaning_is_refused_though_the_secret_fits(string header) =>
        await RefusesAsync(HandmadeToken.Sign(HandmadeToken.Payload(), header));

    [Fact]
    public async Task A_token_without_a_signature_is_refused()
    {
        var none = HandmadeToken.Encode("""{"alg":"none"}""") + "." + HandmadeToken.Encode(HandmadeToken.Payload());
        var good = HandmadeToken.Sign(HandmadeToken.Payload());

        await RefusesAsync(none + ".");
        await RefusesAsync(none);
        await RefusesAsync(good[..(good.LastIndexOf('.') + 1)]);
        await RefusesAsync(good[..good.LastIndexOf('.')]);
    }

    [Fact]
    public async Task A_token_of_another_secret_is_refused() =>
        await RefusesAsync(HandmadeToken.Sign(HandmadeToken.Payload(), secret: HandmadeToken.Secret + "!"), "its signature does not fit");

    [Fact]
    public async Task A_payload_changed_after_signing_is_refused()
    {
        var parts = HandmadeToken.Sign(HandmadeToken.Payload(("budget", 1))).Split('.');

        await RefusesAsync($"{parts[0]}.{HandmadeToken.Encode(HandmadeToken.Payload(("budget", 1_000_000)))}.{parts[2]}", "its signature does not fit");
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a.b.c")]
    [InlineData("a.b.c.d.e")]
    [InlineData("ptk_abcdefghijkl")]
    [InlineData("é.é.é")]
    [InlineData("=.=.=")]
    public async Task What_is_no_JWT_is_refused(string token) => await RefusesAsync(token);

    [Fact]
    public async Task An_encrypted_token_is_refused() =>
        await RefusesAsync($"{HandmadeToken.Encode("""{"alg":"dir","enc":"A128GCM"}""")}..AAAA.AAAA.AAAA", "it is not a signed JWT");

    [Fact]
    public async Task A_token_over_sixteen_KiB_is_refused_unread()
    {
        var large = HandmadeToken.Sign(HandmadeToken.Payload(("note", new string('x', 16 * 1024))));

        await RefusesAsync(large, "it is too long");
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("\"sub\"")]
    [InlineData("null")]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{} {}")]
    public async Task A_payload_that_is_no_object_is_refused(string payload) => await RefusesAsync(HandmadeToken.Sign(payload));

    [Fact]
    public async Task A_claim_that_is_there_twice_is_refused() =>
        await RefusesAsync(HandmadeToken.Sign(HandmadeToken.Payload().Insert(1, "\"sub\":\"ws_2\",")));

    [Fact]
    public async Task A_string_that_is_no_text_is_refused()
    {
        await RefusesAsync(HandmadeToken.Sign(HandmadeToken.Payload().Replace("ws_1", "\\ud800", StringComparison.Ordinal)));
        await RefusesAsync(HandmadeToken.Sign(HandmadeToken.Payload(("x", "y")).Replace("\"x\"", "\"\\udc00\"", StringComparison.Ordinal)));
        await RefusesAsync(HandmadeToken.Sign(Encoding.Latin1.GetBytes(HandmadeToken.Payload().Replace("ws_1", "ws_\u00ff", StringComparison.Ordinal))));
    }

    [Theory]
    [InlineData("aud", null)]
    [InlineData("aud", "\"other\"")]
    [InlineData("aud", "\"RELAY-LLM-PROXY\"")]
    [InlineData("aud", "[]")]
    [InlineData("aud", "[\"other\"]")]
    [InlineData("aud", "{\"relay-llm-proxy\":1}")]
    [InlineData("iss", "\"other\"")]
    [InlineData("iss", "1")]
    [InlineData("iss", "null")]
    [InlineData("sub", null)]
    [InlineData("sub", "7")]
    [InlineData("sub", "\"\"")]
    [InlineData("provider", null)]
    [InlineData("provider", "\"\"")]
    [InlineData("provider", "[\"openai\"]")]
    [InlineData("credentialId", "5")]
    [InlineData("jti", "5")]
    [InlineData("jti", "\"\"")]
    [InlineData("budget", "-1")]
    [InlineData("budget", "1.5")]
    [InlineData("budget", "\"5\"")]
    [InlineData("budget", "1e30")]
    [InlineData("budget", "9007199254740992")]
    [InlineData("budget", "null")]
    [InlineData("exp", null)]
    [InlineData("exp", "\"1893456000\"")]
    [InlineData("exp", "1893456000.5")]
    [InlineData("exp", "-1")]
    [InlineData("exp", "1e20")]
    [InlineData("exp", "9223372036854775807")]
    [InlineData("exp", "253402300799")]
    [InlineData("nbf", "\"0\"")]
    [InlineData("nbf", "-1")]
    [InlineData("iat", "1.5")]
    [InlineData("iat", "-1")]
    [InlineData("iat", "-9223372036854775808")]
    public async Task A_claim_of_the_wrong_value_or_type_is_refused(string claim, string? json) =>
        await RefusesAsync(HandmadeToken.Sign(HandmadeToken.Payload((claim, json is null ? null : (object?)JsonNode.Parse(json) ?? new NullNode()))
            .Replace("{\"IsNull\":true}", "null", StringComparison.Ordinal)));

    [Theory]
    [InlineData(29, true)]
    [InlineData(30, false)]
    public async Task A_token_is_tolerated_for_thirty_seconds_after_its_end(int secondsAfter, bool isTaken)
    {
        var clock = HandmadeToken.Clock();
        var verifier = new SessionTokenVerifier(HandmadeToken.Options, clock);
        var token = HandmadeToken.Sign(HandmadeToken.Payload(("exp", Now + 60)));

        clock.Advance(TimeSpan.FromSeconds(60 + secondsAfter));
        var result = await verifier.VerifyAsync(token);

        Assert.Equal(isTaken, result.Claims is not null);
        Assert.Equal(!isTaken, result.IsExpired);
    }

    [Fact]
    public async Task What_has_expired_but_is_not_genuine_is_not_called_expired()
    {
        var result = await HandmadeToken.VerifyAsync(HandmadeToken.Sign(HandmadeToken.Payload(("exp", 1)), secret: new string('x', 40)));

        Assert.False(result.IsExpired);
        Assert.Null(result.Claims);
    }

    [Theory]
    [InlineData("nbf", 30, true)]
    [InlineData("nbf", 31, false)]
    [InlineData("iat", 30, true)]
    [InlineData("iat", 31, false)]
    public async Task A_token_of_the_future_is_tolerated_for_thirty_seconds(string claim, int ahead, bool isTaken)
    {
        var result = await HandmadeToken.VerifyAsync(HandmadeToken.Sign(HandmadeToken.Payload((claim, Now + ahead))));

        Assert.Equal(isTaken, result.Claims is not null);
        Assert.False(result.IsExpired);
    }

    [Theory]
    [InlineData(0, 604_800, true)]
    [InlineData(0, 604_830, true)]
    [InlineData(0, 604_831, false)]
    [InlineData(-604_000, 900, false)]
    [InlineData(null, 604_831, false)]
    public async Task A_token_may_not_live_longer_than_the_settings_allow(int? issued, int expires, bool isTaken)
    {
        var result = await HandmadeToken.VerifyAsync(HandmadeToken.Sign(HandmadeToken.Payload(("iat", Now + issued), ("exp", Now + expires))));

        Assert.Equal(isTaken, result.Claims is not null);
    }

    [Fact]
    public async Task A_token_that_claims_to_be_ours_needs_an_id()
    {
        await RefusesAsync(HandmadeToken.Sign(HandmadeToken.Payload(("iss", SessionTokenOptions.Issuer))));

        var result = await HandmadeToken.VerifyAsync(HandmadeToken.Sign(HandmadeToken.Payload(("iss", SessionTokenOptions.Issuer), ("jti", "j1"))));
        Assert.True(result.Claims?.IsOurs);
    }

    [Theory]
    [InlineData("sub")]
    [InlineData("aud")]
    [InlineData("iss")]
    [InlineData("exp")]
    [InlineData("budget")]
    [InlineData("provider")]
    [InlineData("jti")]
    public async Task A_reason_holds_nothing_of_the_token(string claim)
    {
        const string Canary = "CANARY";
        var value = string.Concat(Enumerable.Repeat(Canary, 50));
        string[] tokens =
        [
            HandmadeToken.Sign(HandmadeToken.Payload((claim, value)), """{"alg":"HS256","kid":"CANARY"}"""),
            HandmadeToken.Sign(HandmadeToken.Payload((claim, value)), """{"alg":"CANARY"}"""),
            HandmadeToken.Sign(HandmadeToken.Payload((claim, value)), """{"alg":"HS256","typ":"CANARY"}"""),
            HandmadeToken.Sign($$"""{"{{Canary}}":1,"{{Canary}}":2}"""),
            HandmadeToken.Sign(HandmadeToken.Payload(("sub", Canary), ("exp", 1))),
            $"{HandmadeToken.Encode(HandmadeToken.PlainHeader)}.{HandmadeToken.Encode(HandmadeToken.Payload(("sub", Canary)))}.{Canary}",
        ];
        foreach (var token in tokens.Skip(claim == "jti" || claim == "provider" ? 1 : 0))
        {
            var result = await HandmadeToken.VerifyAsync(token);

            Assert.Null(result.Claims);
            Assert.DoesNotContain(Canary, result.Reason, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(HandmadeToken.Encode(Canary)[..6], result.Reason, StringComparison.Ordinal);
        }
    }

    private static async Task RefusesAsync(string token, string? reason = null)
    {
        var result = await HandmadeToken.VerifyAsync(token);

        Assert.Null(result.Claims);
        Assert.False(result.IsExpired);
        Assert.NotEqual("", result.Reason);
        Assert.Equal(reason ?? result.Reason, result.Reason);
    }

    // Stands for a JSON null, which a claim's absence is not.
    private sealed record NullNode
    {
        public bool IsNull { get; } = true;
    }
}
