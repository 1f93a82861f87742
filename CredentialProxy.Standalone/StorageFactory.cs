using CredentialProxy.Core.Storage;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Standalone;

/// <summary>Makes contexts on the embedded database.</summary>
internal sealed class StorageFactory(string databaseFile) : IDbContextFactory<StorageContext>
{
    private readonly DbContextOptions<StorageContext> _options =
        new DbContextOptionsBuilder<StorageContext>().UseSqlite(EmbeddedStorage.ConnectionString(databaseFile)).Options;

    public StorageContext CreateDbContext() => new(_options);
}
