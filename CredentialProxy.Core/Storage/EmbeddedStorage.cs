using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Core.Storage;

/// <summary>Prepares the database file of a process that has the store in itself.</summary>
public static class EmbeddedStorage
{
    /// <summary>The connection string of a database file.</summary>
    public static string ConnectionString(string path) => new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = 5 }.ToString();

    /// <summary>Creates the file, readable for its owner alone, or brings it up to date.</summary>
    /// <exception cref="InvalidDataException">The file is no database of ours, or was written by a later version.</exception>
    public static async Task MigrateAsync(IDbContextFactory<StorageContext> storage, string path, CancellationToken cancellationToken)
    {
        if (!File.Exists(path) && !OperatingSystem.IsWindows())
        {
            await using var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
        }
        try
        {
            await using var context = await storage.CreateDbContextAsync(cancellationToken);
            var unknown = (await context.Database.GetAppliedMigrationsAsync(cancellationToken)).Except(context.Database.GetMigrations()).ToList();
            if (unknown.Count > 0)
            {
                throw new InvalidDataException($"The database '{path}' was written by a later version. Start that version, or use another data directory.");
            }
            // Readers then never wait for the writer, nor it for them. Stays with the file.
            await context.Database.ExecuteSqlRawAsync("PRAGMA journal_mode = WAL", cancellationToken);
            await context.Database.MigrateAsync(cancellationToken);
        }
        catch (SqliteException e)
        {
            throw new InvalidDataException($"The database '{path}' can't be used: {e.Message}", e);
        }
    }
}
