using System.Collections.Concurrent;

namespace CredentialProxy.Gateway.Measuring;

/// <summary>
/// Rows of figures by their labels, which requests add to and which are told when somebody collects. OpenTelemetry hashes every label at every measurement; so a request looks its row up once, whatever number
/// of figures it adds to.
/// </summary>
/// <typeparam name="TLabels">The values of a row's labels, each of few.</typeparam>
/// <typeparam name="TRow">The figures, which are added to by many at once.</typeparam>
/// <param name="most">The most rows that are told apart.</param>
internal sealed class LabelledRows<TLabels, TRow>(int most)
    where TLabels : struct
    where TRow : class, new()
{
    private readonly ConcurrentDictionary<TLabels, TRow> _rows = new();
    private readonly TRow _beyond = new();
    private int _count; // interlocked

    /// <summary>The row of these labels; where there are too many, the one that all others share.</summary>
    public TRow Of(TLabels labels)
    {
        if (_rows.TryGetValue(labels, out var row))
        {
            return row;
        }
        if (Volatile.Read(ref _count) >= most || Interlocked.Increment(ref _count) > most)
        {
            return _beyond;
        }
        // One that two find new at once takes two places, and a place is all that it costs.
        return _rows.GetOrAdd(labels, new TRow());
    }

    /// <summary>All rows; that of all others, which may hold nothing, has no labels and comes last.</summary>
    public IEnumerable<(TLabels? Labels, TRow Row)> All() => _rows.Select(row => ((TLabels?)row.Key, row.Value)).Append((null, _beyond));
}
