using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace CredentialProxy.Core.Limits.Sqlite;

/// <summary>One connection to the accounts with its prepared statements; thrown away and opened anew when anything fails. Used by one thread.</summary>
internal sealed class SqliteSession : IDisposable
{
    private static readonly TimeSpan ForgetEvery = TimeSpan.FromSeconds(1);

    private readonly sqlite3 _database;
    private readonly TimeProvider _time;
    private readonly SteadyClock _steady;
    private readonly SqliteStatement _begin;
    private readonly SqliteStatement _commit;
    private readonly SqliteStatement _prove;
    private readonly SqliteHousekeeping _housekeeping;
    private long _forgotAt;

    /// <summary>Opens the file and closes the books of runs that ended, before anything else is done with it.</summary>
    public SqliteSession(SqliteQuotaOptions options, string holder, TimeProvider time, SteadyClock steady)
    {
        _time = time;
        _steady = steady;
        _forgotAt = time.GetTimestamp();
        _database = Open(options.DatabasePath);
        try
        {
            raw.sqlite3_busy_timeout(_database, (int)options.BusyTimeout.TotalMilliseconds);
            Set("journal_mode = WAL");
            // In WAL mode a commit is on the disk when it returns.
            Set("synchronous = FULL");
            // Holds the upper levels of the usage indices.
            Set("cache_size = -16384");
            // The write lock from the start: a transaction that reads first and then can't get it would have to begin again.
            _begin = new SqliteStatement(_database, "BEGIN IMMEDIATE");
            _commit = new SqliteStatement(_database, "COMMIT");
            _prove = new SqliteStatement(_database,
                "INSERT INTO settings (Name, Value) VALUES ('limits.writable', ?1) ON CONFLICT DO UPDATE SET Value = excluded.Value");
            _housekeeping = new SqliteHousekeeping(_database);
            Accounts = new SqliteAccounts(_database, holder, time, steady);
            _begin.Run();
            ClosedLeases = _housekeeping.CloseOthers(holder, steady.NowMs);
            _commit.Run();
        }
        catch
        {
            _database.Dispose();
            throw;
        }
    }

    /// <summary>What is done with accounts, inside a transaction.</summary>
    public SqliteAccounts Accounts { get; }

    /// <summary>How many leases of ended runs were closed when this session began.</summary>
    public long ClosedLeases { get; }

    private long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    public void Begin() => _begin.Run();

    /// <summary>Commits; when this returns, the disk has it.</summary>
    public void Commit()
    {
        if (_time.GetElapsedTime(_forgotAt) >= ForgetEvery)
        {
            _forgotAt = _time.GetTimestamp();
            _housekeeping.ForgetSome(Now, _steady.NowMs);
        }

        _commit.Run();
    }

    /// <summary>Writes something, so that a disk that can't be written shows.</summary>
    public void Prove() => _prove.Bind(1, Now).Run();

    public void Dispose()
    {
        Accounts.Dispose();
        _housekeeping.Dispose();
        _begin.Dispose();
        _commit.Dispose();
        _prove.Dispose();
        // Closing rolls back what is not committed.
        _database.Dispose();
    }

    // Opened below Microsoft.Data.Sqlite, which has no way to ask for a connection without locks: this one is one thread's alone.
    private static sqlite3 Open(string path)
    {
        Batteries_V2.Init();
        var code = raw.sqlite3_open_v2(path, out var database, raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_NOMUTEX, null);
        if (code == raw.SQLITE_OK)
            return database;
        using (database)
            SqliteException.ThrowExceptionForRC(code, database);
        return database;
    }

    private void Set(string pragma)
    {
        using var statement = new SqliteStatement(_database, "PRAGMA " + pragma);
        statement.Run();
    }
}
