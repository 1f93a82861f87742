using CredentialProxy.Admin.Storage;
using CredentialProxy.Core.Directories.Redis;
using CredentialProxy.Core.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace CredentialProxy.Admin.Projecting;

/// <summary>
/// Notes in the outbox, in the transaction of the change itself, which objects of the directory a save changes. What changes rows without a save (<c>ExecuteUpdate</c>, SQL) notes nothing: what
/// gateways are told of has to be noted then by hand, as <see cref="KeyRings.Resealer"/> does.
/// </summary>
internal sealed class OutboxInterceptor : SaveChangesInterceptor
{
    public override InterceptionResult<int> SavingChanges(DbContextEventData eventData, InterceptionResult<int> result)
    {
        Note(eventData.Context);
        return result;
    }

    public override ValueTask<InterceptionResult<int>> SavingChangesAsync(DbContextEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
    {
        Note(eventData.Context);
        return new(result);
    }

    private static void Note(DbContext? context)
    {
        if (context is not PostgresStorageContext storage)
        {
            return;
        }
        var rows = storage.ChangeTracker.Entries().Where(entry => entry.State is EntityState.Added or EntityState.Modified or EntityState.Deleted)
            .Select(ObjectOf).OfType<(DirectoryKind Kind, string Id)>().Distinct()
            .Select(changed => new OutboxRow { Kind = changed.Kind, ObjectId = changed.Id }).ToList();
        storage.Outbox.AddRange(rows);
    }

    private static (DirectoryKind Kind, string Id)? ObjectOf(EntityEntry entry) => entry.Entity switch
    {
        TokenRow token => (DirectoryKind.Token, token.Id),
        ProjectRow project => (DirectoryKind.Project, project.Id),
        CredentialRow credential => (DirectoryKind.Credential, credential.Id),
        RevocationRow revocation => (DirectoryKind.Revocation, revocation.Jti),
        SigningKeyRow key => (DirectoryKind.SigningKey, key.Id),
        PriceRow price => (DirectoryKind.Price, price.Id),
        DataProtectionKeyRow key => (DirectoryKind.Key, key.Name),
        _ => null,
    };
}
