using System.Text.Json;
using CredentialProxy.Core.Tokens;

namespace CredentialProxy.Fuzzing.Targets;

/// <summary>
/// What stands behind a good signature: header and payload are signed with the secret, as a careless issuer would, so that every check after the signature is reached. Whatever they say: nothing throws; what is accepted
/// is a JSON object without a member twice, signed with HS256, for our audience, with a subject, and neither expired, nor in the future, nor longer-lived than allowed; and its claims are what it says.
/// Input: the header on the first line, the payload on the rest.
/// </summary>
internal sealed class SessionClaimsTarget : FuzzTarget
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <inheritdoc/>
    public override string Name => "session-claims";

    /// <inheritdoc/>
    public override IEnumerable<string> Words => JsonWords.Of(["alg", "typ", "kid", "jku", "jwk", "x5u", "crit", "zip", "b64", "enc", "cty", "sub", "aud", "iss", "jti", "provider", "credentialId", "budget", "exp", "nbf", "iat"])
        .Concat(["\"HS256\"", "\"none\"", "\"HS512\"", "\"JWT\"", "\"JWE\"", $"\"{SessionTokenOptions.Audience}\"", $"\"{SessionTokenOptions.Issuer}\"", $"{SignedToken.Now.ToUnixTimeSeconds()}", "253402300799", "253402300800", "9223372036854775807"]);

    /// <inheritdoc/>
    public override void Run(ReadOnlySpan<byte> input)
    {
        var end = input.IndexOf((byte)'\n');
        var (header, payload) = (input[..Math.Max(0, end)].ToArray(), input[(end + 1)..].ToArray());
        var verification = SignedToken.Verify(SignedToken.Sign(header, payload));
        if (verification.Claims is { } claims)
        {
            CheckHeader(header);
            CheckClaims(payload, claims);
        }
        else
        {
            Property.Holds(verification.Reason.Length > 0, "A refusal has a reason.");
        }
    }

    private static void CheckHeader(byte[] header)
    {
        using var document = JsonDocument.Parse(header, Strict);
        Property.Same("HS256", document.RootElement.GetProperty("alg").GetString(), "The algorithm is the pinned one.");
        Property.Holds(!document.RootElement.EnumerateObject().Any(member => member.Name is "jku" or "jwk" or "x5u" or "x5c" or "crit" or "enc" or "zip" or "b64"), "The header names no key and no way to read the token.");
    }

    private static void CheckClaims(byte[] payload, SessionClaims claims)
    {
        const int Tolerance = SessionTokenOptions.ClockToleranceSeconds;
        using var document = JsonDocument.Parse(payload, Strict);
        var root = document.RootElement;
        var audience = root.GetProperty("aud");
        Property.Holds(
            audience.ValueKind == JsonValueKind.String ? audience.GetString() == SessionTokenOptions.Audience : audience.EnumerateArray().Any(element => element.ValueEquals(SessionTokenOptions.Audience)), "The audience is ours.");
        var now = SignedToken.Now.ToUnixTimeSeconds();
        var expires = root.GetProperty("exp").GetInt64();
        Property.Holds(expires + Tolerance > now && expires <= now + SignedToken.Options.MaxLifetimeSeconds + Tolerance, "It has not expired and lives no longer than allowed.");
        Property.Holds(!root.TryGetProperty("nbf", out var notBefore) || notBefore.GetInt64() <= now + Tolerance, "It is valid already.");
        Property.Same(expires + Tolerance, claims.ExpiresAt.ToUnixTimeSeconds(), "It ends when it says.");
        Property.Same(root.GetProperty("sub").GetString(), claims.Subject, "The subject is the one it names.");
        Property.Holds(claims.Subject.Length is > 0 and <= 256, "The subject is a name.");
        Property.Same(root.TryGetProperty("budget", out var budget) ? budget.GetInt64() : null, claims.Budget, "The budget is the one it names.");
        Property.Holds(claims.Budget is null or >= 0, "No budget is below nothing.");
        Property.Same(root.TryGetProperty("provider", out var provider) ? provider.GetString() : null, claims.Provider, "The provider is the one it names.");
        Property.Same(root.TryGetProperty("iss", out _), claims.IsOurs, "Only what says so is ours.");
    }
}
