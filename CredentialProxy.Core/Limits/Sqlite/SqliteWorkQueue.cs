namespace CredentialProxy.Core.Limits.Sqlite;

/// <summary>
/// Calls that wait for the writer, oldest first. The writer sleeps while there are none: the framework's blocking queue would spin first, for longer than a transaction takes.
/// </summary>
internal sealed class SqliteWorkQueue(int capacity)
{
    private readonly Queue<SqliteWork> _waiting = new();
    private readonly object _gate = new(); // Monitor's, since System.Threading.Lock can't be waited on
    private bool _isClosed;

    /// <summary>Whether no more is taken.</summary>
    public bool IsClosed
    {
        get
        {
            lock (_gate)
                return _isClosed;
        }
    }

    /// <summary>Puts a call in; false when it is full or closed.</summary>
    public bool TryAdd(SqliteWork work)
    {
        lock (_gate)
        {
            if (_isClosed || _waiting.Count == capacity)
                return false;
            _waiting.Enqueue(work);
            if (_waiting.Count == 1)
                Monitor.Pulse(_gate);
            return true;
        }
    }

    /// <summary>Waits for calls and moves up to <paramref name="most"/> of them into <paramref name="group"/>; false when it is closed and empty.</summary>
    public bool Take(List<SqliteWork> group, int most)
    {
        lock (_gate)
        {
            while (_waiting.Count == 0 && !_isClosed)
                Monitor.Wait(_gate);
            while (group.Count < most && _waiting.TryDequeue(out var work))
                group.Add(work);
            return group.Count > 0;
        }
    }

    /// <summary>Takes no more; what is in it is still given out.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            Monitor.Pulse(_gate);
        }
    }
}
