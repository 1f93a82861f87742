using System.Collections.Concurrent;
using CredentialProxy.Core.Judging;

namespace CredentialProxy.Gateway.Refusals;

/// <summary>
/// Logs refusals so that a flood of them does not flood the log: of each code and token a few in every interval, one by one; how many more there were is told at
/// its end. At level Debug each is logged.
/// </summary>
internal sealed partial class RefusalLog(TimeProvider time, ILogger<RefusalLog> logger) : BackgroundService
{
    private const string NoToken = "none";

    /// <summary>Lines of one code and token in an interval.</summary>
    public const int LinesPerTally = 5;

    /// <summary>Lines in an interval in all, however many tokens there are.</summary>
    public const int LinesInAll = 500;

    /// <summary>Codes and tokens that are told apart in an interval; what goes beyond counts by its code alone.</summary>
    public const int MaxTallies = 1_000;

    /// <summary>The interval.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<(RefusalCode Code, string? TokenId), Tally> _tallies = new();
    private int _tokenTallies; // interlocked; those that have a token
    private int _lines; // interlocked

    /// <summary>Notes a refusal, and logs it while there are few.</summary>
    public void Write(string requestId, RefusalCode code, string? tokenId)
    {
        var tally = TallyOf(code, tokenId);
        if (Interlocked.Increment(ref tally.Count) <= LinesPerTally && Interlocked.Increment(ref _lines) <= LinesInAll)
        {
            Log.Refused(logger, requestId, code, tokenId ?? NoToken);
            return;
        }
        Interlocked.Increment(ref tally.Untold);
        Log.RefusedToo(logger, requestId, code, tokenId ?? NoToken);
    }

    /// <summary>Tells of what was not logged, and begins a new interval.</summary>
    internal void EndInterval()
    {
        foreach (var (key, tally) in _tallies)
        {
            // Out of the table first: who still counts in it meanwhile is counted by the exchange, or is one of the few that go untold.
            _tallies.TryRemove(key, out _);
            if (key.TokenId is not null)
            {
                Interlocked.Decrement(ref _tokenTallies);
            }
            if (Interlocked.Exchange(ref tally.Untold, 0) is > 0 and var untold)
            {
                Log.RefusedMore(logger, untold, Interval.TotalSeconds, key.Code, key.TokenId ?? NoToken);
            }
        }
        Volatile.Write(ref _lines, 0);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                EndInterval();
            }
        }
        catch (OperationCanceledException)
        {
            EndInterval();
        }
    }

    private Tally TallyOf(RefusalCode code, string? tokenId)
    {
        if (_tallies.TryGetValue((code, tokenId), out var tally))
        {
            return tally;
        }
        if (tokenId is null)
        {
            return _tallies.GetOrAdd((code, null), static _ => new Tally());
        }
        // The place is taken first: of many at once, each would see the last one free.
        if (Interlocked.Increment(ref _tokenTallies) > MaxTallies)
        {
            Interlocked.Decrement(ref _tokenTallies);
            return TallyOf(code, null);
        }
        var mine = new Tally();
        tally = _tallies.GetOrAdd((code, tokenId), mine);
        if (tally != mine)
        {
            Interlocked.Decrement(ref _tokenTallies);
        }
        return tally;
    }

    private sealed class Tally
    {
        public int Count; // interlocked
        public int Untold; // interlocked
    }

    private static partial class Log
    {
        [LoggerMessage(2001, LogLevel.Information, "Request {RequestId} refused: {Code} (token {TokenId})")]
        public static partial void Refused(ILogger logger, string requestId, RefusalCode code, string? tokenId);

        [LoggerMessage(2004, LogLevel.Debug, "Request {RequestId} refused as well: {Code} (token {TokenId})")]
        public static partial void RefusedToo(ILogger logger, string requestId, RefusalCode code, string? tokenId);

        [LoggerMessage(2005, LogLevel.Information, "{Count} more requests were refused within {Seconds} s: {Code} (token {TokenId})")]
        public static partial void RefusedMore(ILogger logger, int count, double seconds, RefusalCode code, string? tokenId);
    }
}
