using System.Xml.Linq;
using CredentialProxy.Core.Storage;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Admin.KeyRings;

/// <summary>The elements of the key ring in the database, wrapped.</summary>
internal sealed class StoredKeys(IDbContextFactory<StorageContext> storage, TimeProvider time) : IXmlRepository
{
    // Not asynchronous, for Data Protection isn't; it asks once a day.
    public IReadOnlyCollection<XElement> GetAllElements()
    {
        using var context = storage.CreateDbContext();
        return [.. context.DataProtectionKeys.AsNoTracking().OrderBy(row => row.CreatedAt).Select(row => row.Xml).AsEnumerable().Select(XElement.Parse)];
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        using var context = storage.CreateDbContext();
        context.DataProtectionKeys.Add(new DataProtectionKeyRow { Name = friendlyName, Xml = element.ToString(SaveOptions.DisableFormatting), CreatedAt = time.GetUtcNow() });
        context.SaveChanges();
    }
}
