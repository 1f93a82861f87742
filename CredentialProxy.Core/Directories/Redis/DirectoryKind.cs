namespace CredentialProxy.Core.Directories.Redis;

/// <summary>Kinds of objects in the directory. Their numbers are in its log and in the outbox, and stay.</summary>
public enum DirectoryKind
{
    /// <summary>Elements of the key ring, by name; wrapped, as they are kept.</summary>
    Key,

    /// <summary>Signing keys, by <c>kid</c>: what proves, and no more; sealed where that could sign as well.</summary>
    SigningKey,

    /// <summary>Projects, by id.</summary>
    Project,

    /// <summary>Enabled credentials, by id; sealed or references.</summary>
    Credential,

    /// <summary>Revoked ids of session tokens that were minted elsewhere.</summary>
    Revocation,

    /// <summary>Tokens, by id.</summary>
    Token,

    /// <summary>Ids of proxy tokens, by the token's hash.</summary>
    TokenHash,

    /// <summary>Prices that operators have set, by id.</summary>
    Price,
}
