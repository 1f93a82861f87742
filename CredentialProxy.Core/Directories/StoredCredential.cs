using System.Collections.Immutable;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Vault;
using Microsoft.Extensions.Logging;

namespace CredentialProxy.Core.Directories;

/// <summary>Turns rows of credentials into credentials.</summary>
internal static class StoredCredential
{
    /// <summary>The credentials of each provider, those of the environment first. What can't be opened is left out, and said; a reference of the settings that leads to nothing goes on to stand for what it led to before.</summary>
    public static ImmutableDictionary<string, ImmutableArray<Credential>> OpenAll(
        IReadOnlyList<Credential> environment, IEnumerable<CredentialRow> rows, ImmutableDictionary<string, ImmutableArray<Credential>> before, CredentialVault vault, ILogger logger) =>
        environment.Select(credential => Follow(credential, before, vault)).Concat(rows.Select(row => Open(row, vault, logger)).OfType<Credential>())
            .GroupBy(credential => credential.Provider).ToImmutableDictionary(group => group.Key, group => group.ToImmutableArray());

    /// <summary>The references of the settings and among rows, and the key that each led to when they were opened; null for none.</summary>
    public static (string Stored, Secret? Secret)[] Followed(IReadOnlyList<Credential> environment, IEnumerable<CredentialRow> rows, ImmutableDictionary<string, ImmutableArray<Credential>> opened) =>
        [.. environment.Where(credential => credential.Reference is not null).Select(credential => (credential.Reference!, Find(opened, credential.Provider, credential.Id)?.Secret)),
            .. rows.Where(row => CredentialVault.IsReference(row.SealedSecret)).Select(row => (row.SealedSecret, Find(opened, row.Provider, row.Id)?.Secret))];

    /// <summary>Whether one of them leads to another key by now. One that leads to nothing may be in the middle of being replaced: what it led to goes on to hold.</summary>
    public static bool HaveMoved((string Stored, Secret? Secret)[] followed, CredentialVault vault) =>
        followed.Any(reference => vault.TryOpen(reference.Stored, out _) is { } secret && !secret.Equals(reference.Secret));

    private static Credential? Find(ImmutableDictionary<string, ImmutableArray<Credential>> opened, string provider, string id) =>
        opened.GetValueOrDefault(provider, []).FirstOrDefault(credential => credential.Id == id);

    private static Credential Follow(Credential credential, ImmutableDictionary<string, ImmutableArray<Credential>> before, CredentialVault vault) =>
        credential.Reference is { } reference && (vault.TryOpen(reference, out _) ?? Find(before, credential.Provider, credential.Id)?.Secret) is { } secret ? credential.With(secret) : credential;

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
