using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace CredentialProxy.Core.Limits.Sqlite;

/// <summary>One connection to the accounts with its prepared statements; thrown away and opened anew when anything fails. Used by one thread.</summary>
internal sealed class SqliteSession : IDisposable
{
    private static readonly TimeSpan ForgetEvery = TimeSpan.FromSeconds(1);

    private readonly SqliteConnection _connection;
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
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = options.DatabasePath,
            Mode = SqliteOpenMode.ReadWrite,
            Pooling = false,
        }.ToString());
        try
        {
            _connection.Open();
            Prepare(options.BusyTimeout);
            var database = _connection.Handle!;
            // The write lock from the start: a transaction that reads first and then can't get it would have to begin again.
            _begin = new SqliteStatement(database, "BEGIN IMMEDIATE");
            _commit = new SqliteStatement(database, "COMMIT");
            _prove = new SqliteStatement(database,
                "INSERT INTO settings (Name, Value) VALUES ('limits.writable', ?1) ON CONFLICT DO UPDATE SET Value = excluded.Value");
            _housekeeping = new SqliteHousekeeping(database);
            Accounts = new SqliteAccounts(database, holder, time, steady);
            _begin.Run();
            ClosedLeases = _housekeeping.CloseOthers(holder, steady.NowMs);
            _commit.Run();
        }
        catch
        {
            _connection.Dispose();
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
        _connection.Dispose();
    }

    private void Prepare(TimeSpan busyTimeout)
    {
        using var command = _connection.CreateCommand();
        // FULL: in WAL mode a commit is on the disk when it returns. The cache holds the upper levels of the usage indices.
        command.CommandText = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384;";
        command.ExecuteNonQuery();
        raw.sqlite3_busy_timeout(_connection.Handle, (int)busyTimeout.TotalMilliseconds);
    }
}
