using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Limits.Sqlite;
using CredentialProxy.Core.Storage;
using CredentialProxy.Tests.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;

namespace CredentialProxy.Tests.Limits.Sqlite;

/// <summary>Accounts in a database file of their own. Its directory is in memory where the system has such a place: what is tested is arithmetic, not a disk.</summary>
internal sealed class SqliteQuotaStore : IQuotaStore
{
    private const string MemoryDirectory = "/dev/shm";

    private static readonly Lazy<Task<byte[]>> Empty = new(MakeEmptyAsync);

    private readonly TimeProvider _time;
    private readonly string _directory;
    private readonly List<SqliteQuotaAuthority> _open = [];

    private SqliteQuotaStore(TimeProvider time)
    {
        _time = time;
        var root = Directory.Exists(MemoryDirectory) ? MemoryDirectory : Path.GetTempPath();
        _directory = Path.Combine(root, $"credential-proxy-{Guid.NewGuid():N}");
        Directory.CreateDirectory(_directory);
    }

    public string DatabasePath => Path.Combine(_directory, "store.db");

    /// <summary>An empty one.</summary>
    public static async Task<IQuotaStore> CreateAsync(TimeProvider time) => await NewAsync(time);

    public static async Task<SqliteQuotaStore> NewAsync(TimeProvider time)
    {
        var store = new SqliteQuotaStore(time);
        await File.WriteAllBytesAsync(store.DatabasePath, await Empty.Value);
        return store;
    }

    public IQuotaAuthority Open() => OpenAuthority();

    public SqliteQuotaAuthority OpenAuthority(TimeSpan? busyTimeout = null)
    {
        var options = new SqliteQuotaOptions { DatabasePath = DatabasePath, BusyTimeout = busyTimeout ?? TimeSpan.FromMilliseconds(1) };
        var authority = new SqliteQuotaAuthority(options, _time, NullLogger<SqliteQuotaAuthority>.Instance);
        _open.Add(authority);
        return authority;
    }

    public async Task KillAsync(IQuotaAuthority holder)
    {
        // It gives back nothing of its own accord; closing its file is all that ending it takes.
        var authority = (SqliteQuotaAuthority)holder;
        _open.Remove(authority);
        await authority.DisposeAsync();
    }

    public async Task<IAsyncDisposable> BreakAsync()
    {
        // Another one's write lock; closing the connection gives it back.
        var connection = await ConnectAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "BEGIN IMMEDIATE";
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    public async Task<IReadOnlyList<UsageRow>> RecordsAsync()
    {
        await using var context = Context();
        return await context.Usage.AsNoTracking().OrderBy(row => row.RequestId).ToListAsync();
    }

    /// <summary>Runs a statement beside the authority.</summary>
    public async Task<long> RunAsync(string sql)
    {
        await using var connection = await ConnectAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return await command.ExecuteScalarAsync() is long number ? number : 0;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var authority in _open)
            await authority.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private static async Task<byte[]> MakeEmptyAsync()
    {
        using var storage = await TemporaryStorage.CreateAsync();
        await using (var context = storage.CreateDbContext())
            await context.Database.ExecuteSqlRawAsync("PRAGMA wal_checkpoint(TRUNCATE)");
        return await File.ReadAllBytesAsync(storage.Path);
    }

    private StorageContext Context() => new(new DbContextOptionsBuilder<StorageContext>().UseSqlite(ConnectionString).Options);

    private string ConnectionString => new SqliteConnectionStringBuilder { DataSource = DatabasePath, Pooling = false }.ToString();

    private async Task<SqliteConnection> ConnectAsync()
    {
        var connection = new SqliteConnection(ConnectionString);
        await connection.OpenAsync();
        return connection;
    }
}
