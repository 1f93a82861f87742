using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Tokens.Keys;
using CredentialProxy.Core.Vault;
using Microsoft.Extensions.Logging;

namespace CredentialProxy.Core.Directories;

/// <summary>Turns rows of signing keys into what proves tokens.</summary>
internal static class StoredSigningKeys
{
    /// <summary>The keys that are in use. One that can't be opened or read proves nothing, which is said.</summary>
    public static SigningKeySet Open(IEnumerable<SigningKeyRow> rows, CredentialVault vault, ILogger logger) =>
        new(rows.Where(row => row.RetiredAt is null).Select(row => Open(row, vault, logger)).OfType<SigningKey>());

    private static SigningKey? Open(SigningKeyRow row, CredentialVault vault, ILogger logger)
    {
        try
        {
            if (!SigningAlgorithms.TryParse(row.Algorithm, out var algorithm))
            {
                throw new FormatException("Its algorithm is not one that this version knows.");
            }
            if (algorithm != SigningAlgorithm.Hs256)
            {
                return SigningKey.OfPublic(row.Id, algorithm, row.PublicKey ?? "", row.ActivatesAt, row.ExpiresAt);
            }
            return vault.TryOpenSigningKey(row.SealedPrivateKey, out var error) is { } secret
                ? SigningKey.OfSecret(row.Id, secret, row.ActivatesAt, row.ExpiresAt)
                : throw new FormatException(error);
        }
        catch (FormatException e)
        {
            DirectoryLog.UnusableSigningKey(logger, row.Id, e.Message);
            return null;
        }
    }
}
