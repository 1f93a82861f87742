using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using CredentialProxy.Tests.Tokens;

namespace CredentialProxy.Tests.Attacks;

/// <summary>Session tokens that somebody made who has seen a good one and does not have the secret; and a few that even its owner must not make.</summary>
internal static class ForgedTokens
{
    private const string TheirSecret = "a secret of thirty-two bytes at least, of the attacker's own";

    /// <summary>Every forgery, by what it tries.</summary>
    public static IReadOnlyDictionary<string, string> All { get; } = new Dictionary<string, string>
    {
        ["no algorithm, no signature"] = $"{HandmadeToken.Encode("""{"alg":"none","typ":"JWT"}""")}.{HandmadeToken.Encode(Payload())}.",
        ["no algorithm, some signature"] = $"{HandmadeToken.Encode("""{"alg":"none"}""")}.{HandmadeToken.Encode(Payload())}.c2ln",
        ["no algorithm in capitals"] = $"{HandmadeToken.Encode("""{"alg":"nOnE"}""")}.{HandmadeToken.Encode(Payload())}.",
        ["no algorithm, signed all the same"] = Mine("""{"alg":"none"}"""),
        ["another secret"] = Theirs(HandmadeToken.PlainHeader),
        ["an empty secret"] = Theirs(HandmadeToken.PlainHeader, secret: ""),
        ["the audience as the secret"] = Theirs(HandmadeToken.PlainHeader, secret: "relay-llm-proxy"),
        ["an empty signature"] = Mine(HandmadeToken.PlainHeader)[..^43],
        ["a signature of zeros"] = $"{Unsigned(HandmadeToken.PlainHeader)}.{Base64Url.EncodeToString(new byte[32])}",
        ["half a signature"] = Mine(HandmadeToken.PlainHeader)[..^21],
        ["a longer signature"] = Mine(HandmadeToken.PlainHeader) + "AAAA",
        ["HS512 with the right secret"] = HandmadeTokenOf(HMACSHA512.HashData, """{"alg":"HS512","typ":"JWT"}"""),
        ["HS384 called HS256"] = HandmadeTokenOf(HMACSHA384.HashData, HandmadeToken.PlainHeader),
        ["RS256 signed with the secret"] = Mine("""{"alg":"RS256"}"""),
        ["ES256 signed with a key of the attacker's"] = Elliptic(),
        ["ES256 of zeros"] = $"{Unsigned("""{"alg":"ES256"}""")}.{Base64Url.EncodeToString(new byte[64])}",
        ["kid as a path to an empty file"] = Theirs("""{"alg":"HS256","kid":"../../../../dev/null"}""", secret: ""),
        ["kid as SQL"] = Theirs("""{"alg":"HS256","kid":"x' UNION SELECT 'a secret of thirty-two bytes at least, of the attacker''s own"}"""),
        ["kid as an address"] = Theirs("""{"alg":"HS256","kid":"http://127.0.0.1:1/key"}"""),
        ["kid as a command"] = Theirs("""{"alg":"HS256","kid":"|/usr/bin/id"}"""),
        ["jku"] = Theirs("""{"alg":"HS256","jku":"http://127.0.0.1:1/jwks.json"}"""),
        ["x5u"] = Theirs("""{"alg":"HS256","x5u":"http://127.0.0.1:1/cert.pem"}"""),
        ["jwk"] = Theirs($$$"""{"alg":"HS256","jwk":{"kty":"oct","k":"{{{HandmadeToken.Encode(TheirSecret)}}}"}}"""),
        ["jku with the right secret"] = Mine("""{"alg":"HS256","jku":"http://127.0.0.1:1/jwks.json"}"""),
        ["crit with the right secret"] = Mine("""{"alg":"HS256","crit":["b64"],"b64":false}"""),
        ["two algorithms with the right secret"] = Mine("""{"alg":"none","alg":"HS256"}"""),
        ["an encrypted token"] = $"{HandmadeToken.Encode("""{"alg":"dir","enc":"A128GCM"}""")}..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA",
        ["a token in a token"] = HandmadeToken.Sign($"\"{Mine(HandmadeToken.PlainHeader)}\"", """{"alg":"HS256","cty":"JWT"}"""),
        ["two subjects with the right secret"] = HandmadeToken.Sign(Payload().Insert(1, "\"sub\":\"ws_2\",")),
        ["two audiences by two names with the right secret"] = HandmadeToken.Sign(Payload().Insert(1, "\"\\u0061ud\":\"relay-llm-proxy\",")),
        ["exp as text with the right secret"] = HandmadeToken.Sign(Payload(("exp", "9999999999"))),
        ["exp as a fraction with the right secret"] = HandmadeToken.Sign(Payload(("exp", Now + 900.5))),
        ["exp before 1970 with the right secret"] = HandmadeToken.Sign(Payload(("exp", -1))),
        ["exp beyond all time with the right secret"] = HandmadeToken.Sign(Payload(("exp", 1e20))),
        ["exp left out with the right secret"] = HandmadeToken.Sign(Payload(("exp", null))),
        ["a year of life with the right secret"] = HandmadeToken.Sign(Payload(("exp", Now + 31_536_000))),
        ["another token type with the right secret"] = Mine("""{"alg":"HS256","typ":"at+jwt"}"""),
        ["another audience with the right secret"] = HandmadeToken.Sign(Payload(("aud", "somebody-else"))),
        ["another issuer with the right secret"] = HandmadeToken.Sign(Payload(("iss", "https://issuer.example"))),
    };

    /// <summary>A good one, by the clock of the running product.</summary>
    public static string Good(params (string Name, object? Value)[] changes) => HandmadeToken.Sign(Payload(changes));

    private static long Now => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    private static string Payload(params (string Name, object? Value)[] changes) => HandmadeToken.Payload([("credentialId", null), ("iat", Now), ("exp", Now + 900), .. changes]);

    private static string Unsigned(string header) => $"{HandmadeToken.Encode(header)}.{HandmadeToken.Encode(Payload())}";

    private static string Mine(string header) => HandmadeToken.Sign(Payload(), header);

    private static string Theirs(string header, string secret = TheirSecret) => HandmadeToken.Sign(Payload(), header, secret);

    private static string HandmadeTokenOf(Func<byte[], byte[], byte[]> sign, string header)
    {
        var signed = Unsigned(header);
        return $"{signed}.{Base64Url.EncodeToString(sign(Encoding.UTF8.GetBytes(HandmadeToken.Secret), Encoding.ASCII.GetBytes(signed)))}";
    }

    private static string Elliptic()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var signed = Unsigned("""{"alg":"ES256"}""");
        return $"{signed}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256))}";
    }
}
