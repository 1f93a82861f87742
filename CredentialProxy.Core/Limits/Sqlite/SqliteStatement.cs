using System.Buffers;
using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace CredentialProxy.Core.Limits.Sqlite;

/// <summary>One prepared statement, reused. Goes below Microsoft.Data.Sqlite, whose commands cost several times what an insert itself does.</summary>
internal sealed class SqliteStatement : IDisposable
{
    private const int StackBytes = 512;

    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;

    // What each parameter holds; SQLite keeps it from one run to the next. Much of what is written is what was written before: a model, a credential.
    private readonly string?[] _texts;

    public SqliteStatement(sqlite3 database, string sql)
    {
        _database = database;
        Check(raw.sqlite3_prepare_v3(database, sql, raw.SQLITE_PREPARE_PERSISTENT, out _statement));
        _texts = new string?[raw.sqlite3_bind_parameter_count(_statement) + 1];
    }

    /// <summary>Binds the parameter at <paramref name="index"/>, from 1.</summary>
    public SqliteStatement Bind(int index, long value)
    {
        _texts[index] = null;
        Check(raw.sqlite3_bind_int64(_statement, index, value));
        return this;
    }

    /// <summary>Binds the parameter at <paramref name="index"/>, from 1; SQLite copies the text.</summary>
    public SqliteStatement Bind(int index, string? value)
    {
        if (value is null)
        {
            _texts[index] = null;
            Check(raw.sqlite3_bind_null(_statement, index));
            return this;
        }

        if (ReferenceEquals(_texts[index], value))
            return this;
        var most = Encoding.UTF8.GetMaxByteCount(value.Length);
        var rented = most > StackBytes ? ArrayPool<byte>.Shared.Rent(most) : null;
        var bytes = rented ?? stackalloc byte[StackBytes];
        var length = Encoding.UTF8.GetBytes(value, bytes);
        Check(raw.sqlite3_bind_text(_statement, index, bytes[..length]));
        _texts[index] = value;
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
        return this;
    }

    /// <summary>Moves to the next row; false, and ready for the next use, when there is none.</summary>
    public bool Step()
    {
        var code = raw.sqlite3_step(_statement);
        if (code == raw.SQLITE_ROW)
            return true;
        // After a failure the reset repeats its code; the step's own is the one to report.
        raw.sqlite3_reset(_statement);
        if (code != raw.SQLITE_DONE)
            Check(code);
        return false;
    }

    /// <summary>Runs a statement that answers nothing.</summary>
    public void Run()
    {
        while (Step())
        {
        }
    }

    /// <summary>Ends reading early.</summary>
    public void Reset() => raw.sqlite3_reset(_statement);

    /// <summary>The integer in <paramref name="column"/>, from 0; 0 for null.</summary>
    public long Int64(int column) => raw.sqlite3_column_int64(_statement, column);

    /// <summary>The text in <paramref name="column"/>, from 0.</summary>
    public string Text(int column) => raw.sqlite3_column_text(_statement, column).utf8_to_string();

    public void Dispose() => _statement.Dispose();

    private void Check(int code)
    {
        if (code != raw.SQLITE_OK)
            SqliteException.ThrowExceptionForRC(code, _database);
    }
}
