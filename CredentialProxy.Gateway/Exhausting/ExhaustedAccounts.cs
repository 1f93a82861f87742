using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Limits;
using CredentialProxy.Gateway.Authentication;
using CredentialProxy.Gateway.Forwarding;

namespace CredentialProxy.Gateway.Exhausting;

/// <summary>
/// Ends streams whose money is gone: of a limit that they are charged to as much is spent as it has by now, because it was lowered, or because accounts that had been lost were put back with more
/// spent than they allow. Looks when the directory changes, at limits that were lowered, and every now and then at all. What a request may use within limits that stay as they are is its
/// reservation's matter: of those nothing can be gone while it runs.
/// </summary>
internal sealed partial class ExhaustedAccounts(
    OpenRequests openRequests, CurrentGrants grants, IDirectory directory, QuotaLedger ledger, TimeProvider time, ILogger<ExhaustedAccounts> logger) : BackgroundService
{
    /// <summary>Between two looks at everything: lost accounts are put back within seconds, and each look reads some counters of each stream.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(5);

    /// <summary>Counters read in one call: a millisecond of the authority's time.</summary>
    private const int MaxCountersInCall = 250;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var changed = new ChangedTokens(directory);
        var lookedAt = time.GetTimestamp();
        while (!stoppingToken.IsCancellationRequested)
        {
            await changed.WaitAsync(LookInterval - time.GetElapsedTime(lookedAt), time, stoppingToken);
            var isAtAll = time.GetElapsedTime(lookedAt) >= LookInterval;
            if (isAtAll)
            {
                lookedAt = time.GetTimestamp();
            }
            await TryLookAsync(changed.Take(), isAtAll, stoppingToken);
        }
    }

    private async Task TryLookAsync(Func<string, bool> isChanged, bool isAtAll, CancellationToken stoppingToken)
    {
        try
        {
            await LookAsync(isChanged, isAtAll, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
        catch (Exception e) when (e is QuotaAuthorityUnavailableException or DirectoryUnavailableException)
        {
            // Others say that they can't be reached; the next look at everything comes soon.
        }
#pragma warning disable CA1031 // A fault of ours: streams must go on being looked at, and requests being served.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.Failed(logger, e);
        }
    }

    private async Task LookAsync(Func<string, bool> isChanged, bool isAtAll, CancellationToken stoppingToken)
    {
        var limits = new CurrentLimits(grants, directory);
        var suspects = new List<(OpenRequest Stream, HeldLimit Held, long Limit)>();
        foreach (var stream in openRequests.Streams().Where(stream => isAtAll || isChanged(stream.TokenId)))
        {
            foreach (var held in stream.Request!.Reservation?.HeldLimits(time.GetUtcNow()) ?? [])
            {
                if (await limits.FindAsync(stream.Request, held.Counter, stoppingToken) is { } limit && (isAtAll || limit < held.Amount))
                {
                    suspects.Add((stream, held, limit));
                }
            }
        }
        var spent = await ReadAsync([.. suspects.Select(suspect => suspect.Held.Counter).Distinct()], stoppingToken);
        var gone = suspects.Where(suspect => IsGone(suspect.Held, suspect.Limit, spent[suspect.Held.Counter])).Select(suspect => suspect.Stream).Distinct().ToList();
        if (gone.Count > 0)
        {
            Log.Ending(logger, gone.Count);
            openRequests.End(gone, EndReason.LimitSpent);
        }
    }

    // All of an unchanged limit may be spent while a request of it runs: what a gateway that was cut off had leased counts as spent, and its requests go on within that.
    private static bool IsGone(in HeldLimit held, long limit, long spent) => spent > limit || (spent == limit && limit < held.Amount);

    private async Task<Dictionary<CounterKey, long>> ReadAsync(IReadOnlyCollection<CounterKey> counters, CancellationToken cancellationToken)
    {
        var spent = new Dictionary<CounterKey, long>(counters.Count);
        foreach (var some in counters.Chunk(MaxCountersInCall))
        {
            var states = await ledger.ReadAsync(some, cancellationToken);
            for (var index = 0; index < some.Length; index++)
            {
                spent[some[index]] = states[index].Spent;
            }
        }
        return spent;
    }

    private static partial class Log
    {
        [LoggerMessage(2301, LogLevel.Information, "Ending {Count} streams: a limit that they are charged to is spent")]
        public static partial void Ending(ILogger logger, int count);

        [LoggerMessage(2302, LogLevel.Error, "Looking for streams whose limit is spent failed by a fault of ours; it is tried again")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
