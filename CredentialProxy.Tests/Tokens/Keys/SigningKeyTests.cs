using System.Buffers.Text;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CredentialProxy.Core.Tokens;
using CredentialProxy.Core.Tokens.Keys;
using CredentialProxy.Core.Vault;

namespace CredentialProxy.Tests.Tokens.Keys;

/// <summary>Tokens that name their signing key: each key proves what it signed by its own algorithm, and nothing else proves anything.</summary>
[Trait("threat", "token-1")]
public sealed class SigningKeyTests
{
    private const string KeyId = "sig_1";
    private static readonly BigInteger Order = new(Convert.FromHexString("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551"), isUnsigned: true, isBigEndian: true);

    private static readonly SigningKeyPair Elliptic = SigningKeyPair.Make(KeyId, SigningAlgorithm.Es256);
    private static readonly SigningKeyPair Rsa = SigningKeyPair.Make("sig_2", SigningAlgorithm.Rs256);
    private static readonly SigningKeyPair Symmetric = SigningKeyPair.Make("sig_3", SigningAlgorithm.Hs256);

    private static readonly SigningKeySet Keys = new(
    [
        SigningKey.OfPublic(KeyId, SigningAlgorithm.Es256, Elliptic.PublicJwk!, HandmadeToken.Now, null),
        SigningKey.OfPublic("sig_2", SigningAlgorithm.Rs256, Rsa.PublicJwk!, HandmadeToken.Now, null),
        SigningKey.OfSecret("sig_3", Symmetric.PrivateJwk, HandmadeToken.Now, null),
    ]);

    private static readonly string Good = Mint(Elliptic, KeyId, SigningAlgorithm.Es256);

    public static TheoryData<SigningAlgorithm> Algorithms => [.. Enum.GetValues<SigningAlgorithm>()];

    [Theory]
    [MemberData(nameof(Algorithms))]
    public async Task What_a_key_signed_it_proves(SigningAlgorithm algorithm)
    {
        var (pair, id) = PairOf(algorithm);
        var token = Mint(pair, id, algorithm);

        var header = JsonNode.Parse(Base64Url.DecodeFromChars(token.Split('.')[0]))!;
        Assert.Equal((id, SigningAlgorithms.NameOf(algorithm)), ((string)header["kid"]!, (string)header["alg"]!));
        var verified = await VerifyAsync(token);
        Assert.Equal((id, "tok_1", true), (verified.Claims?.KeyId, verified.Claims?.Id, verified.Claims?.IsOurs));
        // With its signature, and with no byte of it another.
        for (var i = 1; i <= 20; i++)
        {
            var at = token.Length - (i * 2);
            Assert.Null((await VerifyAsync(token[..at] + (token[at] == 'A' ? 'B' : 'A') + token[(at + 1)..])).Claims);
        }
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public async Task Of_the_signatures_that_fit_one_is_taken_so_that_no_token_is_two(SigningAlgorithm algorithm)
    {
        var (pair, id) = PairOf(algorithm);
        // A signature by ES256 is another each time, and half of them have a twin that is lower.
        for (var i = 0; i < 20; i++)
        {
            Assert.NotNull((await VerifyAsync(Mint(pair, id, algorithm))).Claims);
        }
        var signature = Base64Url.DecodeFromChars(Good.Split('.')[2]);
        var twin = (Order - new BigInteger(signature.AsSpan(32), isUnsigned: true, isBigEndian: true)).ToByteArray(isUnsigned: true, isBigEndian: true);
        var other = new byte[64];
        signature.AsSpan(0, 32).CopyTo(other);
        twin.CopyTo(other, 64 - twin.Length);
        Assert.True(Fits(other), "the twin fits by the mathematics of it");
        await RefusesAsync(WithSignature(other));
    }

    public static TheoryData<string, string> Forgeries
    {
        get
        {
            var publicKey = JsonNode.Parse(Elliptic.PublicJwk!)!;
            using var ecdsa = Ecdsa();
            var pem = ecdsa.ExportSubjectPublicKeyInfoPem();
            var hs = """{"alg":"HS256","kid":"sig_1"}""";
            return new()
            {
                { "no algorithm", $"{HandmadeToken.Encode("""{"alg":"none","kid":"sig_1"}""")}.{HandmadeToken.Encode(Payload)}." },
                { "no algorithm, with the signature", $"{HandmadeToken.Encode("""{"alg":"none","kid":"sig_1"}""")}.{HandmadeToken.Encode(Payload)}.{Good.Split('.')[2]}" },
                { "HS256 keyed with the public key as PEM", HandmadeToken.Sign(Payload, hs, pem) },
                { "HS256 keyed with the public key as PEM without its end", HandmadeToken.Sign(Payload, hs, pem.TrimEnd()) },
                { "HS256 keyed with the public key as JWK", HandmadeToken.Sign(Payload, hs, Elliptic.PublicJwk!) },
                { "HS256 keyed with the public point", HandmadeToken.Sign(Payload, hs, (string)publicKey["x"]! + (string)publicKey["y"]!) },
                { "HS256 keyed with the public key, no kid", HandmadeToken.Sign(Payload, HandmadeToken.PlainHeader, pem) },
                { "HS256 keyed with the RSA key's JWK", HandmadeToken.Sign(Payload, """{"alg":"HS256","kid":"sig_2"}""", Rsa.PublicJwk!) },
                { "HS256 keyed with the kid", HandmadeToken.Sign(Payload, hs, KeyId) },
                { "the shared secret under the kid of an ES256 key", HandmadeToken.Sign(Payload, hs) },
                { "the shared secret under the kid of another HS256 key", HandmadeToken.Sign(Payload, """{"alg":"HS256","kid":"sig_3"}""") },
                { "an ES256 signature under the kid of an RSA key", Es256("""{"alg":"ES256","kid":"sig_2"}""") },
                { "an ES256 signature under the kid of an HS256 key", Es256("""{"alg":"ES256","kid":"sig_3"}""") },
                { "an ES256 signature called RS256", Es256("""{"alg":"RS256","kid":"sig_1"}""") },
                { "an ES256 signature called PS256", Es256("""{"alg":"PS256","kid":"sig_1"}""") },
                { "an ES256 signature called ES384", Es256("""{"alg":"ES384","kid":"sig_1"}""") },
                { "no kid", Es256("""{"alg":"ES256"}""") },
                { "an unknown kid", Es256("""{"alg":"ES256","kid":"sig_9"}""") },
                { "a kid in capitals", Es256("""{"alg":"ES256","kid":"SIG_1"}""") },
                { "a kid with an end that C would not see", Es256("""{"alg":"ES256","kid":"sig_1\u0000"}""") },
                { "a kid that is a number", Es256("""{"alg":"ES256","kid":1}""") },
                { "a kid that is an array", Es256("""{"alg":"ES256","kid":["sig_1"]}""") },
                { "a kid that is a path", Es256("""{"alg":"ES256","kid":"../../../../dev/null"}""") },
                { "a kid that is SQL", Es256("""{"alg":"ES256","kid":"sig_1' OR '1'='1"}""") },
                { "a kid that is Lua", Es256("""{"alg":"ES256","kid":"]] redis.call('FLUSHALL') --[["}""") },
                { "a kid that is a key of Redis", Es256("""{"alg":"ES256","kid":"*{directory}:signing-keys\r\nFLUSHALL\r\n"}""") },
                { "a kid of twelve kilobytes", Es256($$"""{"alg":"ES256","kid":"{{new string('k', 9_000)}}"}""") },
                { "two kids", Es256("""{"alg":"ES256","kid":"sig_9","kid":"sig_1"}""") },
                { "two kids by two names", Es256("""{"alg":"ES256","kid":"sig_1","\u006bid":"sig_9"}""") },
                { "a jku", Es256("""{"alg":"ES256","kid":"sig_1","jku":"http://127.0.0.1:1/jwks.json"}""") },
                { "an x5u", Es256("""{"alg":"ES256","kid":"sig_1","x5u":"http://127.0.0.1:1/cert.pem"}""") },
                { "an x5c", Es256("""{"alg":"ES256","kid":"sig_1","x5c":["AAAA"]}""") },
                { "a jwk of its own", Theirs() },
                { "crit", Es256("""{"alg":"ES256","kid":"sig_1","crit":["exp"]}""") },
                { "a psychic signature", WithSignature(new byte[64]) },
                { "r of zero", WithSignature([.. new byte[32], .. Base64Url.DecodeFromChars(Good.Split('.')[2])[32..]]) },
                { "r and s of the curve's order", WithSignature([.. OrderBytes, .. OrderBytes]) },
                { "r too large by the order", WithSignature([.. OrderBytes, .. Base64Url.DecodeFromChars(Good.Split('.')[2])[32..]]) },
                { "a signature in DER", WithSignature(Signed(DSASignatureFormat.Rfc3279DerSequence)) },
                { "half a signature", WithSignature(Base64Url.DecodeFromChars(Good.Split('.')[2])[..32]) },
                { "a signature of 65 bytes", WithSignature([.. Base64Url.DecodeFromChars(Good.Split('.')[2]), 0]) },
                { "a signature of 66 bytes, as if for P-521", WithSignature(new byte[132]) },
                { "a signature by another curve", OtherCurve() },
            };
        }
    }

    [Fact]
    public async Task What_they_are_made_after_is_taken()
    {
        Assert.NotNull((await VerifyAsync(Good)).Claims);
        Assert.NotNull((await VerifyAsync(Lowered(Es256("""{"alg":"ES256","kid":"sig_1"}""")))).Claims);
    }

    [Theory]
    [MemberData(nameof(Forgeries), DisableDiscoveryEnumeration = true)]
    public async Task A_forged_token_proves_nothing(string forgery, string token)
    {
        Assert.NotEmpty(forgery);
        await RefusesAsync(token);
    }

    [Fact]
    public async Task A_key_proves_nothing_from_its_end_on_and_nothing_once_it_is_gone()
    {
        var end = HandmadeToken.Now.AddSeconds(60);
        var ending = new SigningKeySet([SigningKey.OfPublic(KeyId, SigningAlgorithm.Es256, Elliptic.PublicJwk!, HandmadeToken.Now, end)]);
        var (clock, keys) = (HandmadeToken.Clock(), ending);
        var verifier = new SessionTokenVerifier(new SessionTokenOptions(), clock, () => keys);
        Assert.NotNull((await verifier.VerifyAsync(Good)).Claims);

        clock.Advance(TimeSpan.FromSeconds(59));
        Assert.NotNull((await verifier.VerifyAsync(Good)).Claims);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("its key is not in use any more", (await verifier.VerifyAsync(Good)).Reason);
        keys = SigningKeySet.Empty;
        Assert.Equal("its key is not known here", (await verifier.VerifyAsync(Good)).Reason);
        Assert.False(verifier.IsReady);
        Assert.Equal([KeyId], ending.EndedIn(keys));
    }

    [Fact]
    public async Task A_secret_of_an_earlier_version_proves_what_names_no_key_unless_a_shared_one_does()
    {
        var kept = SigningKeyPair.OfSecret(SigningKeySet.WithoutKid, new Secret(HandmadeToken.Secret));
        var keys = new SigningKeySet([SigningKey.OfSecret(SigningKeySet.WithoutKid, kept.PrivateJwk, HandmadeToken.Now, null)]);
        var token = HandmadeToken.Sign(Payload);

        Assert.Equal(SigningKeySet.WithoutKid, (await new SessionTokenVerifier(new SessionTokenOptions(), HandmadeToken.Clock(), () => keys).VerifyAsync(token)).Claims?.KeyId);
        var other = new SessionTokenOptions { Secret = new Secret("another secret of at least thirty-two bytes") };
        Assert.Null((await new SessionTokenVerifier(other, HandmadeToken.Clock(), () => keys).VerifyAsync(token)).Claims);
    }

    [Theory]
    [InlineData(SigningAlgorithm.Es256, """{"kty":"EC","crv":"P-384","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","y":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}""")]
    [InlineData(SigningAlgorithm.Es256, """{"kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA"}""")]
    [InlineData(SigningAlgorithm.Es256, """{"kty":"oct","k":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}""")]
    [InlineData(SigningAlgorithm.Rs256, """{"kty":"RSA","n":"AAAA","e":"AQAB"}""")]
    [InlineData(SigningAlgorithm.Rs256, "{}")]
    [InlineData(SigningAlgorithm.Es256, "")]
    [InlineData(SigningAlgorithm.Es256, "[]")]
    [InlineData(SigningAlgorithm.Hs256, """{"kty":"oct","k":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}""")]
    public void A_key_that_is_weak_or_of_another_algorithm_is_none(SigningAlgorithm algorithm, string jwk) =>
        Assert.Throws<FormatException>(() => SigningKey.OfPublic(KeyId, algorithm, jwk, HandmadeToken.Now, null));

    [Fact]
    public void What_is_published_holds_nothing_that_signs()
    {
        var published = Encoding.UTF8.GetString(Keys.PublicKeys.Span);

        Assert.Equal(["sig_2", KeyId], JsonNode.Parse(published)!["keys"]!.AsArray().Select(key => (string)key!["kid"]!));
        foreach (var pair in new[] { Elliptic, Rsa, Symmetric })
        {
            var key = JsonNode.Parse(pair.PrivateJwk.Reveal())!.AsObject();
            string[] secrets = ["d", "p", "q", "dp", "dq", "qi", "k"];
            Assert.All(key.Where(member => secrets.Contains(member.Key)), member => Assert.DoesNotContain((string)member.Value!, published, StringComparison.Ordinal));
            Assert.Contains(key, member => secrets.Contains(member.Key));
        }
        Assert.All(JsonNode.Parse(published)!["keys"]!.AsArray(), key => Assert.Equal("sig", (string)key!["use"]!));
    }

    [Fact]
    public void A_set_has_a_bound_and_keeps_those_that_begin_last()
    {
        var keys = new SigningKeySet(Enumerable.Range(0, 100).Select(i => SigningKey.OfPublic($"sig_{i}", SigningAlgorithm.Es256, Elliptic.PublicJwk!, HandmadeToken.Now.AddSeconds(i), null)));

        Assert.Equal(SigningKeySet.MaxKeys, keys.Keys.Count);
        Assert.NotNull(keys.Find("sig_99"));
        Assert.Null(keys.Find("sig_0"));
    }

    private static string Payload => HandmadeToken.Payload(("iss", SessionTokenOptions.Issuer), ("jti", "tok_1"));

    private static byte[] OrderBytes => Order.ToByteArray(isUnsigned: true, isBigEndian: true);

    private static (SigningKeyPair Pair, string Id) PairOf(SigningAlgorithm algorithm) => algorithm switch
    {
        SigningAlgorithm.Es256 => (Elliptic, KeyId),
        SigningAlgorithm.Rs256 => (Rsa, "sig_2"),
        _ => (Symmetric, "sig_3"),
    };

    private static string Mint(SigningKeyPair pair, string id, SigningAlgorithm algorithm) =>
        new SessionTokenMinter(new SessionTokenOptions(), HandmadeToken.Clock()).MintStored("tok_1", "project", HandmadeToken.Now.AddHours(1), TokenSigner.Of(id, algorithm, pair.PrivateJwk));

    private static ValueTask<SessionVerification> VerifyAsync(string token) => new SessionTokenVerifier(HandmadeToken.Options, HandmadeToken.Clock(), () => Keys).VerifyAsync(token);

    private static async Task RefusesAsync(string token)
    {
        var result = await VerifyAsync(token);
        Assert.Null(result.Claims);
        Assert.False(result.IsExpired);
        Assert.NotEqual("", result.Reason);
    }

    private static ECDsa Ecdsa()
    {
        var key = JsonNode.Parse(Elliptic.PrivateJwk.Reveal())!;
        byte[] Part(string name) => Base64Url.DecodeFromChars((string)key[name]!);
        return ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = Part("d"), Q = new ECPoint { X = Part("x"), Y = Part("y") } });
    }

    private static string Es256(string header)
    {
        using var key = Ecdsa();
        var signed = $"{HandmadeToken.Encode(header)}.{HandmadeToken.Encode(Payload)}";
        return $"{signed}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256))}";
    }

    private static string Lowered(string token)
    {
        var signature = Base64Url.DecodeFromChars(token.Split('.')[2]);
        var s = new BigInteger(signature.AsSpan(32), isUnsigned: true, isBigEndian: true);
        var low = BigInteger.Min(s, Order - s).ToByteArray(isUnsigned: true, isBigEndian: true);
        signature.AsSpan(32).Clear();
        low.CopyTo(signature, 64 - low.Length);
        return $"{token[..token.LastIndexOf('.')]}.{Base64Url.EncodeToString(signature)}";
    }

    private static byte[] Signed(DSASignatureFormat format)
    {
        using var key = Ecdsa();
        return key.SignData(Encoding.ASCII.GetBytes(Good[..Good.LastIndexOf('.')]), HashAlgorithmName.SHA256, format);
    }

    private static bool Fits(byte[] signature)
    {
        using var key = Ecdsa();
        return key.VerifyData(Encoding.ASCII.GetBytes(Good[..Good.LastIndexOf('.')]), signature, HashAlgorithmName.SHA256);
    }

    private static string WithSignature(byte[] signature) => $"{Good[..Good.LastIndexOf('.')]}.{Base64Url.EncodeToString(signature)}";

    private static string OtherCurve()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        return WithSignature(key.SignData(Encoding.ASCII.GetBytes(Good[..Good.LastIndexOf('.')]), HashAlgorithmName.SHA256));
    }

    // With a key of the attacker's own, which comes with the token.
    private static string Theirs()
    {
        var theirs = SigningKeyPair.Make(KeyId, SigningAlgorithm.Es256);
        var key = JsonNode.Parse(theirs.PrivateJwk.Reveal())!;
        byte[] Part(string name) => Base64Url.DecodeFromChars((string)key[name]!);
        using var ecdsa = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = Part("d"), Q = new ECPoint { X = Part("x"), Y = Part("y") } });
        var signed = $"{HandmadeToken.Encode($$"""{"alg":"ES256","kid":"sig_1","jwk":{{theirs.PublicJwk}}}""")}.{HandmadeToken.Encode(Payload)}";
        return Lowered($"{signed}.{Base64Url.EncodeToString(ecdsa.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256))}");
    }
}
