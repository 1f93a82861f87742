using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using CredentialProxy.Core.Tokens;
using CredentialProxy.Core.Vault;

namespace CredentialProxy.Fuzzing;

/// <summary>Session tokens made byte by byte, and a verifier for them whose clock stands still.</summary>
internal static class SignedToken
{
    private const string Secret = "a secret of at least thirty-two bytes, shared by two systems";

    private static readonly SessionTokenVerifier Verifier = new(Options, new StandingClock());

    /// <summary>A header in order.</summary>
    public static ReadOnlySpan<byte> Header => """{"alg":"HS256","typ":"JWT"}"""u8;

    /// <summary>Claims in order.</summary>
    public static ReadOnlySpan<byte> Payload => """{"sub":"ws_1","aud":"relay-llm-proxy","provider":"openai","credentialId":"cred_1","iat":1795521600,"exp":1795522500}"""u8;

    /// <summary>The time: when <see cref="Payload"/> was issued.</summary>
    public static DateTimeOffset Now { get; } = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    /// <summary>The verifier's settings.</summary>
    public static SessionTokenOptions Options => new() { Secret = new Secret(Secret) };

    /// <summary>Signs.</summary>
    public static string Sign(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload)
    {
        var signed = $"{Base64Url.EncodeToString(header)}.{Base64Url.EncodeToString(payload)}";
        return $"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.ASCII.GetBytes(signed)))}";
    }

    /// <summary>Verifies, which waits for nothing.</summary>
    public static SessionVerification Verify(string token) => Verifier.VerifyAsync(token).AsTask().GetAwaiter().GetResult();

    private sealed class StandingClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => Now;
    }
}
