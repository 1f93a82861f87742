using Microsoft.Extensions.Logging;

namespace CredentialProxy.Core.Limits.Redis.Journal;

/// <summary>
/// Settles what a gateway that ended has left in a journal: in its name, so that it is charged to what that one had leased, whether those leases are closed by now or not. Redis takes each request
/// once, so that it does no harm where it has some of them.
/// </summary>
public static class JournalReplay
{
    /// <summary>Requests settled in one call: a few milliseconds of Redis' time.</summary>
    private const int AtOnce = 250;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Goes on until all of it is settled.</summary>
    public static async Task RunAsync(SettlementJournal journal, RedisQuotaAuthority authority, TimeProvider time, ILogger<SettlementJournal> logger, CancellationToken cancellationToken)
    {
        foreach (var (holder, settlements) in journal.Left)
        {
            foreach (var some in settlements.Chunk(AtOnce))
                await SettleAsync(journal, authority, holder, some, time, logger, cancellationToken);
        }

        journal.ForgetLeft();
    }

    private static async Task SettleAsync(
        SettlementJournal journal, RedisQuotaAuthority authority, string holder, Settlement[] settlements, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        for (var hasFailed = false; ; hasFailed = true)
        {
            try
            {
                await authority.SettleAsync(holder, settlements, cancellationToken);
                break;
            }
#pragma warning disable CA1031 // Whatever it is, the gateway serves, and what was settled must not be lost over it: it stays in the journal and is tried again.
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                // Once: Redis may be away for long.
                if (!hasFailed)
                    JournalLog.CannotSettle(logger, exception);
            }

            await Task.Delay(Pause, time, cancellationToken);
        }

        await journal.ForgetAsync(settlements);
        JournalLog.Settled(logger, settlements.Length);
    }
}
