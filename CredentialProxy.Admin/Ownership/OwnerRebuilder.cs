using CredentialProxy.Admin.Rebuilding;
using CredentialProxy.Admin.Recording.Streams;
using CredentialProxy.Admin.Storage;
using CredentialProxy.Core.Objects.Redis;

namespace CredentialProxy.Admin.Ownership;

/// <summary>
/// Sees to it that owners in Redis are those that were there before: notices that they are lost or have gone back in time, and puts them back out of what Postgres has and what gateways say again.
/// Any number of control planes may do so; one at a time does.
/// </summary>
internal sealed class OwnerRebuilder(
    OwnerStates states, LostOwners lost, KnownOwners known, OwnerRecording recording, RecorderOptions recorder, RebuildingOptions options, OwnershipMeters meters, TimeProvider time,
    ILogger<OwnerRebuilder> logger) : BackgroundService
{
    private string _begun = "";
    private bool _hasFailed;

    /// <summary>Looks once, and goes as far as it can; true when owners are open.</summary>
    public async Task<bool> LookAsync(CancellationToken cancellationToken)
    {
        var epoch = await known.EpochAsync(cancellationToken);
        // Numbers in Redis are forgotten in time, too.
        var numbers = epoch.Length == 0 ? [] : await known.NumbersAsync(time.GetUtcNow() - (OwnerLink.KeepNumber / 2), cancellationToken);
        var state = await states.FindAsync(epoch, OwnerStates.ControlPlane, 0, numbers.Count > 0 && await lost.IsBehindAsync(numbers));
        meters.IsOpen = state.IsOpen;
        if (state.IsOpen)
        {
            if (epoch != state.Epoch)
            {
                await known.BeginAsync(state.Epoch, cancellationToken);
            }
            return true;
        }
        var isFirst = epoch.Length == 0;
        if (_begun != state.Epoch)
        {
            _begun = state.Epoch;
            if (isFirst)
            {
                OwnershipLog.Begins(logger, state.Epoch);
            }
            else
            {
                OwnershipLog.Began(logger, state.Epoch);
            }
        }
        if (await known.TryLockAsync(cancellationToken) is not { } guard)
        {
            return false;
        }
        await using (guard)
        {
            return await RebuildAsync(state, isFirst, cancellationToken);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await LookAsync(stoppingToken);
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
                    OwnershipLog.Failed(logger, e.Message);
                }
                _hasFailed = true;
            }
#pragma warning disable CA1031 // Nobody else would open owners that are lost.
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                OwnershipLog.Fault(logger, e);
            }
            await Task.Delay(options.CheckInterval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<bool> RebuildAsync(OwnerStates.State state, bool isFirst, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        if (state.IsRebuilding)
        {
            // Owners that there never were have no gateways to wait for.
            if ((!isFirst && await states.SinceItBeganAsync() < options.WaitForGateways) || !await states.AdvanceAsync(state.WhileRebuilding, state.WhileLoading))
            {
                return false;
            }
        }
        // From here on nobody adds to the stream, and nobody writes an owner.
        while (await recording.RecordAsync(recorder.MaxBatch, cancellationToken) > 0)
        {
        }
        if (!isFirst && !await lost.ClearAsync(state.WhileLoading))
        {
            return false;
        }
        var numbers = await known.NumbersAsync(time.GetUtcNow() - OwnerLink.KeepNumber, cancellationToken);
        if (await lost.RestoreAsync(state.WhileLoading, known.ReadAsync(time.GetUtcNow(), cancellationToken), numbers) is not { } objects)
        {
            return false;
        }
        if (!await states.AdvanceAsync(state.WhileLoading, state.Epoch))
        {
            return false;
        }
        // Redis first: should we end between the two, the next to look finds a higher number than Postgres has, and takes note of it. The other way round one that looks between the two would begin anew.
        await known.BeginAsync(state.Epoch, cancellationToken);
        meters.IsOpen = true;
        if (!isFirst)
        {
            meters.Rebuilt();
            OwnershipLog.Ended(logger, state.Epoch, objects, time.GetElapsedTime(began).TotalSeconds);
        }
        return true;
    }
}
