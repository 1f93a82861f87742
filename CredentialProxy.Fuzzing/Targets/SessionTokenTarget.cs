using System.Text;

namespace CredentialProxy.Fuzzing.Targets;

/// <summary>
/// Session tokens as they arrive. Whatever the text is: nothing throws, and nothing is accepted but the one token that was signed with the secret, byte for byte.
/// No settings: the input is the token.
/// </summary>
internal sealed class SessionTokenTarget : FuzzTarget
{
    /// <summary>The token that is accepted.</summary>
    public static string Valid { get; } = SignedToken.Sign(SignedToken.Header, SignedToken.Payload);

    /// <inheritdoc/>
    public override string Name => "session-token";

    /// <inheritdoc/>
    public override IEnumerable<string> Words => [".", "=", "-", "_", "eyJ", "eyJhbGciOiJub25lIn0", "e30", .. Valid.Split('.')];

    /// <inheritdoc/>
    public override void Run(ReadOnlySpan<byte> input)
    {
        var token = Encoding.UTF8.GetString(input);
        var verification = SignedToken.Verify(token);
        Property.Same(token == Valid, verification.Claims is not null, "The one valid token is accepted, and no other text.");
        Property.Holds(verification.Claims is not null || verification.Reason.Length > 0, "A refusal has a reason.");
    }
}
