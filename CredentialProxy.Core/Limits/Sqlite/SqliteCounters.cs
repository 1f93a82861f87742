using SQLitePCL;

namespace CredentialProxy.Core.Limits.Sqlite;

/// <summary>
/// The tables <c>counters</c> and <c>leases</c>, statement by statement. In a sliding window the row that starts at 0 carries what is leased and the rows of
/// the buckets what is spent; for all others one row carries both.
/// </summary>
internal sealed class SqliteCounters(sqlite3 database, string holder) : IDisposable
{
    private readonly SqliteStatement _find = new(database,
        "SELECT Id, Spent, Leased FROM counters WHERE Account = ?1 AND Unit = ?2 AND \"Window\" = ?3 AND WindowStart = ?4");

    private readonly SqliteStatement _add = new(database,
        "INSERT INTO counters (Account, Unit, \"Window\", WindowStart, Spent, Leased, Overrun) VALUES (?1, ?2, ?3, ?4, 0, 0, 0) RETURNING Id");

    private readonly SqliteStatement _change = new(database,
        "UPDATE counters SET Spent = Spent + ?2, Leased = Leased + ?3, Overrun = min(Overrun + ?4, ?5) WHERE Id = ?1");

    private readonly SqliteStatement _spentInBuckets = new(database,
        "SELECT sum(Spent) FROM counters WHERE Account = ?1 AND Unit = ?2 AND \"Window\" = ?3 AND WindowStart >= ?4 AND WindowStart > 0");

    private readonly SqliteStatement _buckets = new(database,
        "SELECT WindowStart, Spent FROM counters WHERE Account = ?1 AND Unit = ?2 AND \"Window\" = ?3 AND WindowStart >= ?4 AND WindowStart > 0 ORDER BY WindowStart");

    private readonly SqliteStatement _leaseOf = new(database, "SELECT Amount FROM leases WHERE CounterId = ?1 AND Holder = ?2 AND \"Limit\" = ?3");

    private readonly SqliteStatement _addToLease = new(database,
        "INSERT INTO leases (CounterId, Holder, \"Limit\", Amount) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET Amount = Amount + excluded.Amount");

    private readonly SqliteStatement _endLease = new(database, "DELETE FROM leases WHERE CounterId = ?1 AND Holder = ?2 AND \"Limit\" = ?3");

    /// <summary>A counter's row as it stands in the transaction.</summary>
    public readonly record struct Row(long Id, long Spent, long Leased);

    /// <summary>The row that carries what is leased of an instance; null when nothing was ever leased of it.</summary>
    public Row? FindLeased(CounterInstance instance) => Find(instance with { Start = LeaseStart(instance) });

    /// <summary>The row that carries what is leased of an instance, made where it isn't there.</summary>
    public Row LeasedRow(CounterInstance instance) => FindOrAdd(instance with { Start = LeaseStart(instance) });

    /// <summary>The row that carries what is spent in an instance, made where it isn't there.</summary>
    public Row SpentRow(CounterInstance instance) => FindOrAdd(instance);

    /// <summary>What is spent in the window that ends with <paramref name="instance"/>; <paramref name="leasedRow"/> is its row of leases.</summary>
    public long SpentInWindow(CounterInstance instance, Row leasedRow)
    {
        if (!WindowClock.IsSliding(instance.Key.Window))
            return leasedRow.Spent;
        BindKey(_spentInBuckets, instance.Key).Bind(4, WindowClock.OldestCounted(instance.Key.Window, instance.Start));
        _spentInBuckets.Step();
        var spent = _spentInBuckets.Int64(0);
        _spentInBuckets.Reset();
        return spent;
    }

    /// <summary>When so much of what is spent has left the sliding window that at most <paramref name="most"/> is; 0 for never.</summary>
    public long FreesAt(CounterInstance instance, long spent, long most)
    {
        if (!WindowClock.IsSliding(instance.Key.Window) || most < 0)
            return 0;
        var freesAt = 0L;
        BindKey(_buckets, instance.Key).Bind(4, WindowClock.OldestCounted(instance.Key.Window, instance.Start));
        while (_buckets.Step())
        {
            spent -= _buckets.Int64(1);
            if (spent > most)
                continue;
            freesAt = WindowClock.LeavesAt(instance.Key.Window, _buckets.Int64(0));
            break;
        }

        _buckets.Reset();
        return freesAt;
    }

    public void Change(long counterId, long spent, long leased, long overrun) =>
        _change.Bind(1, counterId).Bind(2, spent).Bind(3, leased).Bind(4, overrun).Bind(5, Limit.MaxAmount).Run();

    /// <summary>What this holder has leased of the counter under <paramref name="limit"/>.</summary>
    public long LeaseOf(long counterId, long limit)
    {
        var amount = _leaseOf.Bind(1, counterId).Bind(2, holder).Bind(3, limit).Step() ? _leaseOf.Int64(0) : 0;
        _leaseOf.Reset();
        return amount;
    }

    /// <summary>Changes the lease from <paramref name="before"/> by <paramref name="change"/>; one that comes to nothing leaves no row.</summary>
    public void ChangeLease(long counterId, long limit, long before, long change)
    {
        if (before + change > 0)
            _addToLease.Bind(1, counterId).Bind(2, holder).Bind(3, limit).Bind(4, change).Run();
        else if (before > 0)
            _endLease.Bind(1, counterId).Bind(2, holder).Bind(3, limit).Run();
    }

    public void Dispose()
    {
        foreach (var statement in (ReadOnlySpan<SqliteStatement>)[_find, _add, _change, _spentInBuckets, _buckets, _leaseOf, _addToLease, _endLease])
            statement.Dispose();
    }

    private static long LeaseStart(CounterInstance instance) => WindowClock.IsSliding(instance.Key.Window) ? 0 : instance.Start;

    private static SqliteStatement BindKey(SqliteStatement statement, CounterKey key) =>
        statement.Bind(1, key.Account.Value).Bind(2, (long)key.Unit).Bind(3, (long)key.Window);

    private Row? Find(CounterInstance instance)
    {
        Row? row = BindKey(_find, instance.Key).Bind(4, instance.Start).Step() ? new Row(_find.Int64(0), _find.Int64(1), _find.Int64(2)) : null;
        _find.Reset();
        return row;
    }

    private Row FindOrAdd(CounterInstance instance)
    {
        if (Find(instance) is { } row)
            return row;
        BindKey(_add, instance.Key).Bind(4, instance.Start).Step();
        row = new Row(_add.Int64(0), 0, 0);
        // A statement with RETURNING must be stepped to its end, or the insert it is part of stays open.
        _add.Run();
        return row;
    }
}
