using SQLitePCL;

namespace CredentialProxy.Core.Limits.Sqlite;

/// <summary>What the accounts need besides requests: closing the books of runs that ended, and forgetting windows long past.</summary>
internal sealed class SqliteHousekeeping : IDisposable
{
    /// <summary>Rows looked at in one go: a millisecond or so, so that no request waits for it.</summary>
    private const int RowsAtOnce = 2_000;

    // The enums' numbers as the tables hold them; a test compares the two.
    internal const string Concurrent = "3";
    internal const string Minute = "4";
    internal const string Second = "5";

    private static readonly LimitWindow[] ForgettableWindows = [LimitWindow.Month, LimitWindow.Day, LimitWindow.Hour, LimitWindow.Minute, LimitWindow.Second];

    private readonly sqlite3 _database;
    private readonly SqliteStatement _lastOfChunk;
    private readonly SqliteStatement _forget;
    private long _cursor;

    public SqliteHousekeeping(sqlite3 database)
    {
        _database = database;
        _lastOfChunk = new(database, "SELECT max(Id) FROM (SELECT Id FROM counters WHERE Id > ?1 ORDER BY Id LIMIT ?2)");
        _forget = new(database, """
            DELETE FROM counters WHERE Id > ?1 AND Id <= ?2 AND Leased = 0 AND WindowStart > 0
                AND WindowStart < CASE "Window" WHEN 1 THEN ?3 WHEN 2 THEN ?4 WHEN 3 THEN ?5 WHEN 4 THEN ?6 WHEN 5 THEN ?7 ELSE 0 END
            """);
    }

    /// <summary>
    /// Closes the books of every other holder. The store is used by one run at a time, so they have ended, and how much of their leases they had passed on to
    /// a provider can't be known: all of it counts as spent, in a sliding window as spent now. What was open at the same moment is open no more.
    /// Answers how many leases were closed.
    /// </summary>
    public long CloseOthers(string holder, long nowMs)
    {
        using var count = new SqliteStatement(_database, "SELECT count(*) FROM leases WHERE Holder <> ?1").Bind(1, holder);
        count.Step();
        var closed = count.Int64(0);
        if (closed > 0)
        {
            using var spend = new SqliteStatement(_database, $"""
                INSERT INTO counters (Account, Unit, "Window", WindowStart, Spent, Leased, Overrun)
                SELECT c.Account, c.Unit, c."Window", CASE c."Window" WHEN {Minute} THEN ?1 WHEN {Second} THEN ?2 ELSE c.WindowStart END, sum(l.Amount), 0, 0
                FROM leases l JOIN counters c ON c.Id = l.CounterId WHERE l.Holder <> ?3 AND c.Unit <> {Concurrent} GROUP BY c.Id
                ON CONFLICT (Account, Unit, "Window", WindowStart) DO UPDATE SET Spent = Spent + excluded.Spent
                """);
            BindBuckets(spend, nowMs).Bind(3, holder).Run();
            using var end = new SqliteStatement(_database, """
                UPDATE counters SET Leased = Leased - (SELECT sum(Amount) FROM leases WHERE CounterId = counters.Id AND Holder <> ?1)
                WHERE Id IN (SELECT CounterId FROM leases WHERE Holder <> ?1)
                """);
            end.Bind(1, holder).Run();
            using var delete = new SqliteStatement(_database, "DELETE FROM leases WHERE Holder <> ?1");
            delete.Bind(1, holder).Run();
        }

        CountFutureBucketsNow(nowMs);
        return closed;
    }

    /// <summary>Forgets windows long past, a chunk of rows at a time, round and round.</summary>
    /// <param name="wallMs">Now, by the clock that calendar windows follow.</param>
    /// <param name="steadyMs">Now, by the clock that sliding windows follow.</param>
    public void ForgetSome(long wallMs, long steadyMs)
    {
        _lastOfChunk.Bind(1, _cursor).Bind(2, RowsAtOnce).Step();
        var last = _lastOfChunk.Int64(0);
        _lastOfChunk.Reset();
        if (last > 0)
        {
            _forget.Bind(1, _cursor).Bind(2, last);
            for (var index = 0; index < ForgettableWindows.Length; index++)
            {
                var window = ForgettableWindows[index];
                _forget.Bind(3 + index, WindowClock.ForgottenBefore(window, WindowClock.IsSliding(window) ? steadyMs : wallMs) ?? 0);
            }

            _forget.Run();
        }

        _cursor = last;
    }

    public void Dispose()
    {
        _lastOfChunk.Dispose();
        _forget.Dispose();
    }

    /// <summary>Buckets in the future come from a clock since set back. They would count until it has caught up; they count from now on instead.</summary>
    private void CountFutureBucketsNow(long nowMs)
    {
        const string InTheFuture = $"(\"Window\" = {Minute} AND WindowStart > ?1 OR \"Window\" = {Second} AND WindowStart > ?2)";
        using var move = new SqliteStatement(_database, $"""
            INSERT INTO counters (Account, Unit, "Window", WindowStart, Spent, Leased, Overrun)
            SELECT Account, Unit, "Window", CASE "Window" WHEN {Minute} THEN ?1 ELSE ?2 END, sum(Spent), 0, 0
            FROM counters WHERE {InTheFuture} GROUP BY Account, Unit, "Window"
            ON CONFLICT (Account, Unit, "Window", WindowStart) DO UPDATE SET Spent = Spent + excluded.Spent
            """);
        BindBuckets(move, nowMs).Run();
        using var delete = new SqliteStatement(_database, $"DELETE FROM counters WHERE {InTheFuture}");
        BindBuckets(delete, nowMs).Run();
    }

    private static SqliteStatement BindBuckets(SqliteStatement statement, long nowMs) =>
        statement.Bind(1, WindowClock.StartOf(LimitWindow.Minute, nowMs)).Bind(2, WindowClock.StartOf(LimitWindow.Second, nowMs));
}
