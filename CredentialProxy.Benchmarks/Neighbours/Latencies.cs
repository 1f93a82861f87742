using System.Diagnostics;

namespace CredentialProxy.Benchmarks.Neighbours;

/// <summary>Latencies of requests that are sent by the clock, whether those before have been answered or not, so that a wait of one is not hidden by the others' waiting.</summary>
internal sealed class Latencies
{
    private readonly List<double> _milliseconds = [];

    public int Count => _milliseconds.Count;

    public int Failures { get; private set; }

    /// <summary>The value under which this part of all lies.</summary>
    public double Percentile(double part)
    {
        var sorted = _milliseconds.Order().ToArray();
        return sorted.Length == 0 ? double.NaN : sorted[(int)Math.Min(sorted.Length - 1, sorted.Length * part)];
    }

    /// <summary>Adds one that was taken elsewhere.</summary>
    public void Add(TimeSpan time) => _milliseconds.Add(time.TotalMilliseconds);

    /// <summary>Sends so many a second for so long.</summary>
    public async Task MeasureAsync(Func<Task<bool>> send, int perSecond, TimeSpan duration)
    {
        var start = Stopwatch.GetTimestamp();
        var pending = new List<Task>();
        var count = (int)(perSecond * duration.TotalSeconds);
        for (var i = 0; i < count; i++)
        {
            var due = TimeSpan.FromSeconds((double)i / perSecond);
            var wait = due - Stopwatch.GetElapsedTime(start);
            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait);
            }
            pending.Add(OneAsync(send, start, due));
        }
        await Task.WhenAll(pending);
    }

    private async Task OneAsync(Func<Task<bool>> send, long start, TimeSpan due)
    {
        var isServed = await send();
        lock (_milliseconds)
        {
            _milliseconds.Add((Stopwatch.GetElapsedTime(start) - due).TotalMilliseconds);
            Failures += isServed ? 0 : 1;
        }
    }
}
