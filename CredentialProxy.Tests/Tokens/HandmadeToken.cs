using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CredentialProxy.Core.Tokens;
using CredentialProxy.Core.Vault;
using Microsoft.Extensions.Time.Testing;

namespace CredentialProxy.Tests.Tokens;

/// <summary>Session tokens made byte by byte, as another system that shares the secret makes them.</summary>
internal static class HandmadeToken
{
    public const string Secret = "a secret of at least thirty-two bytes, shared by two systems";
    public const string PlainHeader = """{"alg":"HS256","typ":"JWT"}""";

    public static readonly DateTimeOffset Now = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    public static long NowSeconds => Now.ToUnixTimeSeconds();

    public static SessionTokenOptions Options => new() { Secret = new Secret(Secret) };

    public static FakeTimeProvider Clock() => new(Now);

    /// <summary>Claims of a good token; each change replaces a claim, a null takes it away.</summary>
    public static string Payload(params (string Name, object? Value)[] changes)
    {
        var claims = new Dictionary<string, object?>
        {
            ["sub"] = "ws_1",
            ["aud"] = "relay-llm-proxy",
            ["provider"] = "openai",
            ["credentialId"] = "cred_1",
            ["iat"] = NowSeconds,
            ["exp"] = NowSeconds + 900,
        };
        foreach (var (name, value) in changes)
        {
            claims[name] = value;
        }
        return JsonSerializer.Serialize(claims.Where(claim => claim.Value is not null).ToDictionary());
    }

    public static string Sign(string payload, string header = PlainHeader, string secret = Secret) => Sign(Encoding.UTF8.GetBytes(payload), header, secret);

    public static string Sign(byte[] payload, string header = PlainHeader, string secret = Secret)
    {
        var signed = $"{Encode(header)}.{Base64Url.EncodeToString(payload)}";
        return $"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.ASCII.GetBytes(signed)))}";
    }

    public static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    public static ValueTask<SessionVerification> VerifyAsync(string token) => new SessionTokenVerifier(Options, Clock()).VerifyAsync(token);
}
