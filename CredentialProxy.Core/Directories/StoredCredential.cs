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

    /// <summary>The references among rows, and the key that each led to when they were opened; null for none.</summary>
    public static (string Stored, Secret? Secret)[] Followed(IEnumerable<CredentialRow> rows, ImmutableDictionary<string, ImmutableArray<Credential>> opened) =>
        [.. rows.Where(row => CredentialVault.IsReference(row.SealedSecret))
            .Select(row => (row.SealedSecret, opened.GetValueOrDefault(row.Provider, []).FirstOrDefault(credential => credential.Id == row.Id)?.Secret))];

    /// <summary>Whether one of them leads to another key by now. One that leads to nothing may be in the middle of being replaced: what it led to goes on to hold.</summary>
    public static bool HaveMoved((string Stored, Secret? Secret)[] followed, CredentialVault vault) =>
        followed.Any(reference => vault.TryOpen(reference.Stored, out _) is { } secret && !secret.Equals(reference.Secret));

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
