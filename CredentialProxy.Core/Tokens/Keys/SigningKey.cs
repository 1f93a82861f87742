using CredentialProxy.Core.Vault;

namespace CredentialProxy.Core.Tokens.Keys;

/// <summary>A signing key as those who prove tokens know it.</summary>
public sealed class SigningKey
{
    private SigningKey(string id, SigningAlgorithm algorithm, string? publicJwk, ProvingKey proving, DateTimeOffset activatesAt, DateTimeOffset? expiresAt) =>
        (Id, Algorithm, PublicJwk, Proving, ActivatesAt, ExpiresAt) = (id, algorithm, publicJwk, proving, activatesAt, expiresAt);

    /// <summary>Its <c>kid</c>.</summary>
    public string Id { get; }

    /// <summary>How it signs: a token that says otherwise is refused.</summary>
    public SigningAlgorithm Algorithm { get; }

    /// <summary>What proves, as a JSON Web Key (RFC 7517); null for <see cref="SigningAlgorithm.Hs256"/>, whose keys are nobody else's to see.</summary>
    public string? PublicJwk { get; }

    /// <summary>From when on it signs.</summary>
    public DateTimeOffset ActivatesAt { get; }

    /// <summary>From when on it proves nothing, since every token that it signed has expired; null for none set.</summary>
    public DateTimeOffset? ExpiresAt { get; }

    internal ProvingKey Proving { get; }

    /// <summary>One of which everybody may see what proves.</summary>
    /// <exception cref="FormatException">It is no key of this algorithm, or a weak one.</exception>
    public static SigningKey OfPublic(string id, SigningAlgorithm algorithm, string publicJwk, DateTimeOffset activatesAt, DateTimeOffset? expiresAt) => algorithm == SigningAlgorithm.Hs256
        ? throw new FormatException("A key for HS256 has no public half.")
        : new(id, algorithm, publicJwk, ProvingKey.Of(KeyMaterial.Read(publicJwk, algorithm, id), algorithm), activatesAt, expiresAt);

    /// <summary>One for HS256.</summary>
    /// <exception cref="FormatException">It is no key for HS256, or a weak one.</exception>
    public static SigningKey OfSecret(string id, Secret jwk, DateTimeOffset activatesAt, DateTimeOffset? expiresAt) =>
        new(id, SigningAlgorithm.Hs256, null, ProvingKey.Of(KeyMaterial.Read(jwk.Reveal(), SigningAlgorithm.Hs256, id), SigningAlgorithm.Hs256), activatesAt, expiresAt);
}
