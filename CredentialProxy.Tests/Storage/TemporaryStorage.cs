using CredentialProxy.Core.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Tests.Storage;

/// <summary>A database file of its own, in a directory of its own, that goes away with the test.</summary>
internal sealed class TemporaryStorage : IDbContextFactory<StorageContext>, IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("credential-proxy-");

    public string Path => System.IO.Path.Combine(_directory.FullName, "store.db");

    public static async Task<TemporaryStorage> CreateAsync()
    {
        var storage = new TemporaryStorage();
        await storage.MigrateAsync();
        return storage;
    }

    public Task MigrateAsync() => EmbeddedStorage.MigrateAsync(this, Path, TestContext.Current.CancellationToken);

    public StorageContext CreateDbContext() => new(new DbContextOptionsBuilder<StorageContext>().UseSqlite(EmbeddedStorage.ConnectionString(Path)).Options);

    /// <summary>Changes what is stored.</summary>
    public async Task ChangeAsync(Action<StorageContext> change)
    {
        await using var context = CreateDbContext();
        change(context);
        await context.SaveChangesAsync(TestContext.Current.CancellationToken);
    }

    public void Dispose()
    {
        using (var connection = new SqliteConnection(EmbeddedStorage.ConnectionString(Path)))
        {
            SqliteConnection.ClearPool(connection);
        }
        _directory.Delete(recursive: true);
    }
}
