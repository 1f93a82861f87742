using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Tokens;
using CredentialProxy.Core.Tokens.Keys;
using CredentialProxy.Core.Vault;

namespace CredentialProxy.Admin.Issuing;

/// <summary>Makes signing keys as they are kept.</summary>
internal static class SigningKeyFactory
{
    /// <summary>Makes one.</summary>
    public static SigningKeyRow Make(SigningAlgorithm algorithm, DateTimeOffset now, DateTimeOffset activatesAt, CredentialVault vault)
    {
        var id = ObjectIds.New("sig");
        return Keep(id, SigningKeyPair.Make(id, algorithm), algorithm, now, activatesAt, vault);
    }

    /// <summary>One of a secret that there is already, for tokens that name no key.</summary>
    public static SigningKeyRow OfSecret(Secret secret, DateTimeOffset now, CredentialVault vault) =>
        Keep(SigningKeySet.WithoutKid, SigningKeyPair.OfSecret(SigningKeySet.WithoutKid, secret), SigningAlgorithm.Hs256, now, now, vault);

    private static SigningKeyRow Keep(string id, SigningKeyPair pair, SigningAlgorithm algorithm, DateTimeOffset now, DateTimeOffset activatesAt, CredentialVault vault) => new()
    {
        Id = id,
        Algorithm = SigningAlgorithms.NameOf(algorithm),
        SealedPrivateKey = vault.SealSigningKey(pair.PrivateJwk),
        PublicKey = pair.PublicJwk,
        CreatedAt = now,
        ActivatesAt = activatesAt,
    };
}
