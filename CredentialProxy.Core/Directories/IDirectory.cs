using System.Collections.Immutable;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Tokens;
using CredentialProxy.Core.Tokens.Keys;
using CredentialProxy.Core.Vault;

namespace CredentialProxy.Core.Directories;

/// <summary>Something a gateway knows has changed.</summary>
/// <param name="TokenId">The token whose grant changed or ended; null when the change may touch any grant or credential.</param>
/// <param name="HasEnded">Whether the token was revoked, disabled or deleted, so that its running requests must end.</param>
/// <param name="EndedKeyId">The signing key that is in use no more, so that running requests of tokens which it signed must end; null for none.</param>
public readonly record struct DirectoryChange(string? TokenId, bool HasEnded = false, string? EndedKeyId = null);

/// <summary>
/// What a gateway must know to let a request through: grants, credentials, signing keys, prices, limits of projects, revocations. Answers come from memory wherever
/// they can; <see cref="Version"/> tells whether an answer kept since is still good.
/// </summary>
public interface IDirectory
{
    /// <summary>Rises with every change.</summary>
    long Version { get; }

    /// <summary>Raised after a change is visible here, so that running requests can be ended.</summary>
    event Action<DirectoryChange>? Changed;

    /// <summary>The grant of a proxy token, revoked and expired ones included; null when no such token exists.</summary>
    ValueTask<Grant?> FindProxyTokenAsync(TokenHash hash, CancellationToken cancellationToken);

    /// <summary>The grant of a session token that this system minted and keeps; null when none has this <c>jti</c>.</summary>
    ValueTask<Grant?> FindSessionTokenAsync(string jti, CancellationToken cancellationToken);

    /// <summary>Whether a session token minted elsewhere has been revoked by its <c>jti</c>.</summary>
    bool IsRevoked(string jti);

    /// <summary>The limits that operators set on a project; empty for a project that isn't known or has none.</summary>
    ImmutableArray<Limit> LimitsOfProject(string projectId);

    /// <summary>The features that operators granted all tokens of a project; none for a project that isn't known.</summary>
    Features FeaturesOfProject(string projectId);

    /// <summary>The enabled credentials of a provider; empty for none.</summary>
    ImmutableArray<Credential> CredentialsOf(string provider);

    /// <summary>The signing keys that prove session tokens.</summary>
    SigningKeySet SigningKeys { get; }

    /// <summary>The prices in force. A table never changes: who reserves by one must settle by the same, or a cost could be more than what is held for it.</summary>
    PriceTable Prices { get; }
}
