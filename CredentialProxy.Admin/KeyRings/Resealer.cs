using System.Xml.Linq;
using CredentialProxy.Admin.Auditing;
using CredentialProxy.Admin.Storage;
using CredentialProxy.Core.Directories.Redis;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Vault;
using CredentialProxy.ServiceDefaults.Configuration;
using CredentialProxy.ServiceDefaults.KeyRings;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Admin.KeyRings;

/// <summary>What was done anew.</summary>
/// <param name="Keys">Keys of the ring that were wrapped.</param>
/// <param name="Secrets">Secrets that were sealed.</param>
/// <param name="Unopened">What is stored under these could not be opened and was left as it is.</param>
internal sealed record Resealed(int Keys, int Secrets, IReadOnlyList<string> Unopened);

/// <summary>
/// Wraps the key ring with the newest master key and seals every stored secret with the ring's newest key. It may be done at any time and any number of times: what somebody
/// changes meanwhile stays as they changed it.
/// </summary>
internal sealed class Resealer(IDbContextFactory<StorageContext> storage, KeyRing ring, RingWrapping wrapping, TimeProvider time)
{
    /// <summary>Does both.</summary>
    /// <exception cref="StartupException">A key of the ring can't be opened.</exception>
    public async Task<Resealed> ResealAsync(CancellationToken cancellationToken)
    {
        ring.Check();
        await using var context = await storage.CreateDbContextAsync(cancellationToken);
        var keys = await WrapAsync(context, cancellationToken);
        ring.Refresh();
        var unopened = new List<string>();
        var secrets = await SealCredentialsAsync(context, unopened, cancellationToken) + await SealSigningKeysAsync(context, unopened, cancellationToken);
        context.Note(AuditTrail.CommandLine, time, "key-ring.reseal", "key-ring", null, new { keys, secrets, unopened });
        await NoteAsync(context, cancellationToken);
        await context.SaveChangesAsync(cancellationToken);
        return new Resealed(keys, secrets, unopened);
    }

    // Rows were changed one by one, past the outbox. Should this be missed, the next comparison of the directory finds it.
    private static async Task NoteAsync(StorageContext context, CancellationToken cancellationToken)
    {
        if (context is not PostgresStorageContext storage)
        {
            return;
        }
        var keys = await storage.DataProtectionKeys.Select(row => row.Name).ToListAsync(cancellationToken);
        var credentials = await storage.Credentials.Select(row => row.Id).ToListAsync(cancellationToken);
        var signing = await storage.SigningKeys.Select(row => row.Id).ToListAsync(cancellationToken);
        storage.Outbox.AddRange(keys.Select(id => new OutboxRow { Kind = DirectoryKind.Key, ObjectId = id }));
        storage.Outbox.AddRange(credentials.Select(id => new OutboxRow { Kind = DirectoryKind.Credential, ObjectId = id }));
        storage.Outbox.AddRange(signing.Select(id => new OutboxRow { Kind = DirectoryKind.SigningKey, ObjectId = id }));
    }

    private async Task<int> WrapAsync(StorageContext context, CancellationToken cancellationToken)
    {
        var count = 0;
        foreach (var row in await context.DataProtectionKeys.AsNoTracking().ToListAsync(cancellationToken))
        {
            if (RingElements.WrapAnew(XElement.Parse(row.Xml), ring, wrapping)?.ToString(SaveOptions.DisableFormatting) is { } wrapped)
            {
                count += await context.DataProtectionKeys.Where(key => key.Name == row.Name && key.Xml == row.Xml)
                    .ExecuteUpdateAsync(update => update.SetProperty(key => key.Xml, wrapped), cancellationToken);
            }
        }
        return count;
    }

    private async Task<int> SealCredentialsAsync(StorageContext context, List<string> unopened, CancellationToken cancellationToken)
    {
        var (count, vault) = (0, new CredentialVault(ring));
        var rows = await context.Credentials.AsNoTracking().Select(row => new { row.Id, row.SealedSecret }).ToListAsync(cancellationToken);
        foreach (var row in rows.Where(row => !CredentialVault.IsReference(row.SealedSecret)))
        {
            if (vault.TryOpen(row.SealedSecret, out _) is not { } secret)
            {
                unopened.Add(row.Id);
                continue;
            }
            var anew = vault.Seal(secret.Reveal());
            count += await context.Credentials.Where(credential => credential.Id == row.Id && credential.SealedSecret == row.SealedSecret)
                .ExecuteUpdateAsync(update => update.SetProperty(credential => credential.SealedSecret, anew), cancellationToken);
        }
        return count;
    }

    private async Task<int> SealSigningKeysAsync(StorageContext context, List<string> unopened, CancellationToken cancellationToken)
    {
        var (count, vault) = (0, new CredentialVault(ring));
        foreach (var row in await context.SigningKeys.AsNoTracking().Select(row => new { row.Id, row.SealedPrivateKey }).ToListAsync(cancellationToken))
        {
            if (vault.TryOpenSigningKey(row.SealedPrivateKey, out _) is not { } secret)
            {
                unopened.Add(row.Id);
                continue;
            }
            var anew = vault.SealSigningKey(secret);
            count += await context.SigningKeys.Where(key => key.Id == row.Id && key.SealedPrivateKey == row.SealedPrivateKey)
                .ExecuteUpdateAsync(update => update.SetProperty(key => key.SealedPrivateKey, anew), cancellationToken);
        }
        return count;
    }
}
