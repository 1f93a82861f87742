namespace CredentialProxy.Core.Limits;

/// <summary>Names something that limits hang on: a token, a project or a credential.</summary>
/// <param name="Value">Kind and id, for example <c>token:tok_7f…</c>.</param>
public readonly record struct AccountId(string Value)
{
    private const string TokenKind = "token:";

    /// <summary>Whether it is a token's.</summary>
    public bool IsToken => Value.StartsWith(TokenKind, StringComparison.Ordinal);

    /// <summary>The account of one session or proxy token.</summary>
    public static AccountId Token(string tokenId) => new(TokenKind + tokenId);

    /// <summary>The account of a project, which is also the workspace that a session token's <c>sub</c> names.</summary>
    public static AccountId Project(string projectId) => new("project:" + projectId);

    /// <summary>The account of a provider credential.</summary>
    public static AccountId Credential(string credentialId) => new("credential:" + credentialId);

    /// <inheritdoc/>
    public override string ToString() => Value;
}
