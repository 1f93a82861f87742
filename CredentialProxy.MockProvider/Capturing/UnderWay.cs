namespace CredentialProxy.MockProvider.Capturing;

/// <summary>
/// Requests by the model they name: how many have arrived, how many are under way, and the most that were at a time. One is under way from when all of it has arrived until the last of its
/// answer begins to be written, or its connection is broken: not a moment longer than its client can think.
/// </summary>
internal sealed class UnderWay
{
    private const int Capacity = 100_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Counts> _counts = [];

    /// <summary>A request begins; whoever disposes of what is returned says that it is over, and may say so more than once.</summary>
    public IDisposable Begin(string model)
    {
        lock (_lock)
        {
            if (!_counts.TryGetValue(model, out var counts))
            {
                if (_counts.Count >= Capacity)
                {
                    _counts.Clear();
                }
                _counts[model] = counts = new Counts();
            }
            counts.Arrived++;
            counts.Most = Math.Max(counts.Most, ++counts.Now);
            return new Request(this, counts);
        }
    }

    public object[] All()
    {
        lock (_lock)
        {
            return [.. _counts.Select(pair => new { model = pair.Key, arrived = pair.Value.Arrived, now = pair.Value.Now, most = pair.Value.Most })];
        }
    }

    public void Clear()
    {
        lock (_lock)
        {
            _counts.Clear();
        }
    }

    private sealed class Counts
    {
        public long Arrived { get; set; }

        public int Now { get; set; }

        public int Most { get; set; }
    }

    private sealed class Request(UnderWay all, Counts counts) : IDisposable
    {
        private bool _isOver; // guarded by the lock of all

        public void Dispose()
        {
            lock (all._lock)
            {
                counts.Now -= _isOver ? 0 : 1;
                _isOver = true;
            }
        }
    }
}
