using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using CredentialProxy.Core.Tokens;
using CredentialProxy.Core.Vault;
using CredentialProxy.ServiceDefaults.Configuration;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Tokens;

/// <summary>The rules of RFC 8725, JSON Web Token Best Current Practices, section by section.</summary>
[Trait("threat", "token-5")]
public sealed class BestPracticeTests
{
    private static readonly string Good = HandmadeToken.Sign(HandmadeToken.Payload());

    [Fact]
    public async Task The_token_they_are_tried_on_is_good() => Assert.NotNull((await HandmadeToken.VerifyAsync(Good)).Claims);

    [Theory]
    [InlineData("HS384")]
    [InlineData("HS512")]
    public async Task Section_3_1_the_algorithm_is_that_of_the_settings_and_not_the_token_s(string algorithm)
    {
        var header = $$"""{"alg":"{{algorithm}}","typ":"JWT"}""";
        var signed = $"{HandmadeToken.Encode(header)}.{HandmadeToken.Encode(HandmadeToken.Payload())}";
        var (secret, bytes) = (Encoding.UTF8.GetBytes(HandmadeToken.Secret), Encoding.ASCII.GetBytes(signed));
        var signature = algorithm == "HS384" ? HMACSHA384.HashData(secret, bytes) : HMACSHA512.HashData(secret, bytes);
        await RefusesAsync($"{signed}.{Base64Url.EncodeToString(signature)}");
    }

    [Theory]
    [InlineData("none")]
    [InlineData("NONE")]
    [InlineData("HS1")]
    [InlineData("RSA1_5")]
    public async Task Section_3_2_weak_algorithms_and_none_are_not_taken(string algorithm)
    {
        await RefusesAsync(HandmadeToken.Sign(HandmadeToken.Payload(), $$"""{"alg":"{{algorithm}}"}"""));
        await RefusesAsync($"{HandmadeToken.Encode($$"""{"alg":"{{algorithm}}"}""")}.{HandmadeToken.Encode(HandmadeToken.Payload())}.");
    }

    [Fact]
    public async Task Section_3_3_every_signature_is_proved_and_a_token_within_a_token_is_not_opened()
    {
        await RefusesAsync(HandmadeToken.Sign($"\"{Good}\"", """{"alg":"HS256","cty":"JWT"}"""));
        await RefusesAsync(HandmadeToken.Sign(Good, """{"alg":"HS256","cty":"JWT"}"""));
        await RefusesAsync(Good + ".c2ln");
    }

    [Fact]
    public async Task Section_3_4_a_signature_is_taken_in_its_one_form_only()
    {
        await RefusesAsync(Good[..^43]);
        await RefusesAsync(Good[..^1]);
        await RefusesAsync(Good + "A");
        await RefusesAsync(Good + "AAAA");
        await RefusesAsync(Good + "=");
        await RefusesAsync(Good + "%3D");
        await RefusesAsync(Good[..^43] + new string('A', 43));
        // The last character has two bits that belong to no byte: the same signature, but another text.
        const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        var last = Alphabet.IndexOf(Good[^1], StringComparison.Ordinal);
        for (var bits = 1; bits < 4; bits++)
        {
            await RefusesAsync(Good[..^1] + Alphabet[last ^ bits]);
        }
        foreach (var blank in new[] { " ", "\t", "\n" })
        {
            await RefusesAsync(Good + blank);
            await RefusesAsync(Good.Insert(Good.Length - 10, blank));
        }
    }

    [Theory]
    [InlineData("CREDENTIAL_PROXY_JWT_SECRET")]
    [InlineData("CREDENTIAL_PROXY_ADMIN_JWT_SECRET")]
    public async Task Section_3_5_a_secret_that_can_be_guessed_stops_the_start(string setting)
    {
        await using var product = new Product().With(setting, new string('x', 31));
        var error = await Assert.ThrowsAsync<StartupException>(async () => await product.InitializeAsync());
        Assert.Contains(setting, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Section_3_6_nothing_is_decompressed_or_decrypted()
    {
        await RefusesAsync(HandmadeToken.Sign(HandmadeToken.Payload(), """{"alg":"HS256","zip":"DEF"}"""));
        await RefusesAsync($"{HandmadeToken.Encode("""{"alg":"dir","enc":"A128GCM","zip":"DEF"}""")}..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA");
    }

    [Fact]
    public async Task Section_3_7_what_is_not_UTF_8_is_not_taken()
    {
        await RefusesAsync(HandmadeToken.Sign(Encoding.Unicode.GetBytes(HandmadeToken.Payload())));
        await RefusesAsync(HandmadeToken.Sign(Encoding.UTF32.GetBytes(HandmadeToken.Payload())));
        await RefusesAsync(HandmadeToken.Sign(Encoding.Latin1.GetBytes(HandmadeToken.Payload(("sub", "ws_é")).Replace("\\u00E9", "é", StringComparison.Ordinal))));
    }

    [Fact]
    public async Task Section_3_8_the_issuer_and_the_subject_are_checked()
    {
        await RefusesAsync(HandmadeToken.Sign(HandmadeToken.Payload(("iss", "https://issuer.example"))));
        await RefusesAsync(HandmadeToken.Sign(HandmadeToken.Payload(("sub", null))));
        await RefusesAsync(HandmadeToken.Sign(HandmadeToken.Payload(("sub", ""))));
    }

    [Fact]
    public async Task Section_3_9_the_audience_is_checked()
    {
        await RefusesAsync(HandmadeToken.Sign(HandmadeToken.Payload(("aud", null))));
        await RefusesAsync(HandmadeToken.Sign(HandmadeToken.Payload(("aud", "relay-llm-proxy-2"))));
        await RefusesAsync(HandmadeToken.Sign(HandmadeToken.Payload(("aud", AdminTokenOptions.DefaultAudience))));
    }

    [Theory]
    [InlineData("""{"alg":"HS256","kid":"../../dev/null"}""")]
    [InlineData("""{"alg":"HS256","kid":"' OR 1=1 --"}""")]
    [InlineData("""{"alg":"HS256","kid":"http://127.0.0.1:1/"}""")]
    public async Task Section_3_10_a_kid_names_a_key_and_is_no_path_query_or_address(string header)
    {
        // It chooses nothing: the secret is the one of the settings, with it and without.
        Assert.NotNull((await HandmadeToken.VerifyAsync(HandmadeToken.Sign(HandmadeToken.Payload(), header))).Claims);
        await RefusesAsync(HandmadeToken.Sign(HandmadeToken.Payload(), header, secret: ""));
        await RefusesAsync(HandmadeToken.Sign(HandmadeToken.Payload(), header.Replace("kid", "jku", StringComparison.Ordinal)));
        await RefusesAsync(HandmadeToken.Sign(HandmadeToken.Payload(), header.Replace("kid", "x5u", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("at+jwt")]
    [InlineData("secevent+jwt")]
    [InlineData("dpop+jwt")]
    [InlineData("JWE")]
    [InlineData("")]
    public async Task Section_3_11_a_token_of_another_type_is_not_taken(string type) =>
        await RefusesAsync(HandmadeToken.Sign(HandmadeToken.Payload(), $$"""{"alg":"HS256","typ":"{{type}}"}"""));

    [Fact]
    public async Task Section_3_12_no_token_passes_the_rules_of_another_kind()
    {
        // Even with one secret for both, which the start refuses: the audiences are apart.
        var admin = new AdminTokenVerifier(new AdminTokenOptions { Secret = new Secret(HandmadeToken.Secret) }, HandmadeToken.Clock());
        Assert.Null((await admin.VerifyAsync(Good)).Claims);
        var adminToken = HandmadeToken.Sign(HandmadeToken.Payload(("aud", AdminTokenOptions.DefaultAudience), ("role", "admin")));
        Assert.NotNull((await admin.VerifyAsync(adminToken)).Claims);
        await RefusesAsync(adminToken);

        await using var product = new Product().With("CREDENTIAL_PROXY_JWT_SECRET", HandmadeToken.Secret).With("CREDENTIAL_PROXY_ADMIN_JWT_SECRET", HandmadeToken.Secret);
        await Assert.ThrowsAsync<StartupException>(async () => await product.InitializeAsync());
    }

    private static async Task RefusesAsync(string token)
    {
        var result = await HandmadeToken.VerifyAsync(token);
        Assert.Null(result.Claims);
        Assert.False(result.IsExpired);
    }
}
