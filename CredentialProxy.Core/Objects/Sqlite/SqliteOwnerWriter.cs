using Microsoft.Data.Sqlite;

namespace CredentialProxy.Core.Objects.Sqlite;

/// <summary>Writes changes of owners, a group in one transaction, and forgets what has had its time; on a connection that is opened anew after anything fails. Used by one task.</summary>
internal sealed class SqliteOwnerWriter(string connectionString, int maxPerOwner, TimeProvider time) : IDisposable
{
    /// <summary>Rows forgotten in one go: a few milliseconds, so that no other writer waits for it.</summary>
    private const int MostForgotten = 2_000;

    private static readonly TimeSpan ForgetEvery = TimeSpan.FromMinutes(1);

    private readonly HashSet<string> _grown = [];
    private SqliteConnection? _connection;
    private long _forgotAt = time.GetTimestamp();

    /// <summary>Writes; when it returns, the disk has it.</summary>
    public void Write(List<OwnerChange> group)
    {
        try
        {
            _connection ??= Open();
            using var transaction = _connection.BeginTransaction(deferred: false);
            foreach (var change in group)
            {
                foreach (var row in change.Rows)
                {
                    Write(change, row);
                }
                _grown.Add(change.Owner);
            }
            if (time.GetElapsedTime(_forgotAt) >= ForgetEvery)
            {
                _forgotAt = time.GetTimestamp();
                Forget();
            }
            transaction.Commit();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _connection?.Dispose();
        _connection = null;
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection(connectionString);
        connection.Open();
        _connection = connection;
        // In WAL mode a commit is then on the disk when it returns.
        Run("PRAGMA synchronous = FULL");
        return connection;
    }

    private void Write(OwnerChange change, in OwnerChange.Row row)
    {
        var key = new (string, object)[] { ("$owner", change.Owner), ("$provider", row.Stored.Provider), ("$kind", row.Stored.Kind), ("$id", row.Stored.Id) };
        if (row.ExpiresAt == 0)
        {
            Run("DELETE FROM objects WHERE Owner = $owner AND Provider = $provider AND Kind = $kind AND Id = $id", key);
            return;
        }
        // An answer may repeat an id that its request has stated: what is somebody's does not become somebody else's by being named.
        var written = Run(
            """
            INSERT INTO objects (Owner, Provider, Kind, Id, CreatedAt, ExpiresAt) SELECT $owner, $provider, $kind, $id, $created, $expires
            WHERE NOT EXISTS (SELECT 1 FROM objects WHERE Provider = $provider AND Kind = $kind AND Id = $id AND Owner <> $owner AND ExpiresAt > $created)
            ON CONFLICT DO UPDATE SET ExpiresAt = excluded.ExpiresAt
            """,
            [.. key, ("$created", change.Time), ("$expires", row.ExpiresAt)]);
        if (written == 0)
        {
            (change.Taken ??= []).Add(row.Stored);
        }
    }

    // What has had its time, and of owners that have more than they may the oldest; a bounded number at a time, the rest in the next minutes.
    private void Forget()
    {
        Run("DELETE FROM objects WHERE rowid IN (SELECT rowid FROM objects WHERE ExpiresAt <= $now LIMIT $most)", ("$now", time.GetUtcNow().ToUnixTimeMilliseconds()), ("$most", MostForgotten));
        foreach (var owner in _grown)
        {
            Run(
                """
                DELETE FROM objects WHERE rowid IN (
                    SELECT rowid FROM objects WHERE Owner = $owner ORDER BY CreatedAt LIMIT min($most, max(0, (SELECT count(*) FROM objects WHERE Owner = $owner) - $allowed)))
                """,
                ("$owner", owner), ("$most", MostForgotten), ("$allowed", maxPerOwner));
        }
        _grown.Clear();
    }

    private int Run(string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        using var command = _connection!.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }
        return command.ExecuteNonQuery();
    }
}
