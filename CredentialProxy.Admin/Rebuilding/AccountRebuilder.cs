using CredentialProxy.Admin.Recording.Streams;
using CredentialProxy.Admin.Storage;
using CredentialProxy.Core.Limits.Redis;

namespace CredentialProxy.Admin.Rebuilding;

/// <summary>
/// Sees to it that accounts in Redis are those that were there before: notices that they are lost or have gone back in time, and rebuilds them out of what Postgres has and what gateways say they
/// hold. Any number of control planes may do so; one at a time does.
/// </summary>
internal sealed class AccountRebuilder(
    LostAccounts accounts, SpentCounters counters, UsageStream stream, StreamRecording recording, RedisQuotaOptions quotas, RebuildingOptions options, RebuildingMeters meters, TimeProvider time,
    ILogger<AccountRebuilder> logger) : BackgroundService
{
    private const int DrainedAtOnce = 2_000;

    private static readonly TimeSpan ForgetInterval = TimeSpan.FromHours(1);

    private string _begun = "";
    private bool _hasFailed;

    /// <summary>Looks once, and goes as far as it can; true when accounts are open.</summary>
    public async Task<bool> LookAsync(CancellationToken cancellationToken)
    {
        var known = await counters.EpochAsync(cancellationToken);
        // Marks in Redis are forgotten in time, too.
        var marks = known.Length == 0 ? [] : await counters.MarksAsync(time.GetUtcNow() - (quotas.RememberFor / 2), cancellationToken);
        var (state, epoch) = await accounts.LookAsync(known, marks.Count > 0 && await accounts.IsBehindAsync(marks));
        if (state == "open")
        {
            meters.IsOpen = true;
            if (known != epoch)
            {
                await counters.BeginAsync(epoch, cancellationToken);
            }
            return true;
        }
        meters.IsOpen = false;
        if (_begun != epoch)
        {
            _begun = epoch;
            if (known.Length == 0)
            {
                RebuildingLog.Begins(logger, epoch);
            }
            else
            {
                RebuildingLog.Began(logger, epoch);
            }
        }
        if (await counters.TryLockAsync(cancellationToken) is not { } guard)
        {
            return false;
        }
        await using (guard)
        {
            return await RebuildAsync(state, epoch, isFirst: known.Length == 0, cancellationToken);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var forgotAt = 0L;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await LookAsync(stoppingToken);
                if (forgotAt == 0 || time.GetElapsedTime(forgotAt) >= ForgetInterval)
                {
                    await counters.ForgetAsync(time.GetUtcNow(), stoppingToken);
                    forgotAt = time.GetTimestamp();
                }
                _hasFailed = false;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (Outages.IsOne(e))
            {
                if (!_hasFailed)
                {
                    RebuildingLog.Failed(logger, e.Message);
                }
                _hasFailed = true;
            }
#pragma warning disable CA1031 // Nobody else would open accounts that are lost.
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                RebuildingLog.Fault(logger, e);
            }
            await Task.Delay(options.CheckInterval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<bool> RebuildAsync(string state, string epoch, bool isFirst, CancellationToken cancellationToken)
    {
        var (rebuilding, loading) = ("rebuilding:" + epoch, "loading:" + epoch);
        if (state == "rebuilding")
        {
            // Accounts that there never were have no gateways to wait for.
            if ((!isFirst && await accounts.SinceItBeganAsync() < options.WaitForGateways) || !await accounts.AdvanceAsync(rebuilding, loading))
            {
                return false;
            }
        }
        // From here on nobody adds to the stream. What is in it counts, whoever had taken it.
        while (await stream.ReadAsync(DrainedAtOnce) is { Length: > 0 } entries)
        {
            await recording.RecordAsync(entries, cancellationToken);
        }
        var spent = await counters.ReadAsync(time.GetUtcNow(), cancellationToken);
        if (await accounts.PutBackAsync(epoch, spent) is not { } leases)
        {
            return false;
        }
        // Postgres first: should we end between the two, the next to look finds them loading still.
        await counters.BeginAsync(epoch, cancellationToken);
        if (!await accounts.AdvanceAsync(loading, epoch))
        {
            return false;
        }
        meters.Rebuilt();
        meters.IsOpen = true;
        if (!isFirst)
        {
            RebuildingLog.Ended(logger, epoch, spent.Count, leases);
        }
        return true;
    }
}
