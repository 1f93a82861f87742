using System.Collections.Immutable;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Vault;
using Microsoft.Extensions.Logging;

namespace CredentialProxy.Core.Directories;

/// <summary>Turns rows of credentials into credentials.</summary>
internal static class StoredCredential
{
    /// <summary>The credentials of each provider, those of the environment first. What can't be opened is left out, and said.</summary>
    public static ImmutableDictionary<string, ImmutableArray<Credential>> OpenAll(IReadOnlyList<Credential> environment, IEnumerable<CredentialRow> rows, CredentialVault vault, ILogger logger) =>
        environment.Concat(rows.Select(row => Open(row, vault, logger)).OfType<Credential>())
            .GroupBy(credential => credential.Provider).ToImmutableDictionary(group => group.Key, group => group.ToImmutableArray());

    /// <summary>Whether a reference leads to another key than the one in use. One that leads nowhere at the moment may be in the middle of being replaced, and changes nothing.</summary>
    public static bool LeadElsewhere(IEnumerable<CredentialRow> references, ImmutableDictionary<string, ImmutableArray<Credential>> used, CredentialVault vault) => references.Any(
        row => vault.TryOpen(row.SealedSecret, out _) is { } secret && !secret.Equals(used.GetValueOrDefault(row.Provider, []).FirstOrDefault(credential => credential.Id == row.Id)?.Secret));

    private static Credential? Open(CredentialRow row, CredentialVault vault, ILogger logger)
    {
        var secret = vault.TryOpen(row.SealedSecret, out var error);
        if (secret is null)
        {
            DirectoryLog.UnusableCredential(logger, row.Id, row.Provider, error);
            return null;
        }
        try
        {
            return new Credential { Id = row.Id, Provider = row.Provider, Label = row.Label, Secret = secret, Limits = LimitDocument.Read(row.LimitsJson) };
        }
        catch (FormatException e)
        {
            DirectoryLog.UnusableCredential(logger, row.Id, row.Provider, e.Message);
            return null;
        }
    }
}
