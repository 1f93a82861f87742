using System.Collections.Concurrent;
using System.Diagnostics;

namespace CredentialProxy.Tests.Faults;

/// <summary>
/// Feels how long this machine lets anybody wait for a processor and its disk: a small write, again and again. A promise in milliseconds can only be held to
/// where the machine itself does not stand still for longer.
/// </summary>
internal sealed class Pulse : IAsyncDisposable
{
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(10);

    /// <summary>A beat this long is no standstill.</summary>
    private static readonly TimeSpan Usual = TimeSpan.FromMilliseconds(30);

    private readonly ConcurrentQueue<(long Begun, long Ended)> _beats = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _beating;
    private long _begun = Stopwatch.GetTimestamp();

    public Pulse(string directory) => _beating = Task.Run(() => BeatAsync(Path.Combine(directory, "pulse")));

    /// <summary>The longest standstill that reaches into the last <paramref name="span"/> before a moment.</summary>
    public TimeSpan StandstillBefore(long moment, TimeSpan span)
    {
        var longest = Stopwatch.GetElapsedTime(Volatile.Read(ref _begun), moment);
        foreach (var (begun, ended) in _beats)
        {
            var isWithin = begun < moment && Stopwatch.GetElapsedTime(ended, moment) < span;
            if (isWithin && Stopwatch.GetElapsedTime(begun, ended) is var beat && beat > longest)
                longest = beat;
        }
        return longest > Usual ? longest - Usual : TimeSpan.Zero;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _beating;
        _stop.Dispose();
    }

    private async Task BeatAsync(string path)
    {
        await using var file = new FileStream(path, FileMode.Create);
        while (!_stop.IsCancellationRequested)
        {
            var begun = Stopwatch.GetTimestamp();
            Volatile.Write(ref _begun, begun);
            await Task.Delay(Rest, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            file.Position = 0;
            file.WriteByte(1);
            file.Flush(flushToDisk: true);
            _beats.Enqueue((begun, Stopwatch.GetTimestamp()));
        }
    }
}
