using CredentialProxy.Admin.Recording.Streams;
using CredentialProxy.Admin.Storage;
using CredentialProxy.Core.Limits.Redis.Entries;

namespace CredentialProxy.Admin.Ownership;

/// <summary>Takes changes of owners out of the stream as they come, and forgets what is over, for as long as the process runs. Any number of control planes do so; one at a time does.</summary>
internal sealed class OwnerRecorder(
    OwnerRecording recording, OwnerStream stream, KnownOwners known, RecorderOptions options, OwnershipMeters meters, OwnershipHealth health, TimeProvider time, ILogger<OwnerRecorder> logger) : BackgroundService
{
    private static readonly TimeSpan CountEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ForgetEvery = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ForgetOldestEvery = TimeSpan.FromHours(1);

    private long _countedAt;
    private long _forgotAt;
    private long _forgotOldestAt;
    private bool _hasFailed;
    private bool _wasAlarmed;

    /// <summary>Forgets what is over, and of owners that have too much the oldest.</summary>
    internal async Task ForgetAsync(CancellationToken cancellationToken)
    {
        if (IsDue(ref _forgotAt, ForgetEvery))
        {
            await known.ForgetOverAsync(time.GetUtcNow(), cancellationToken);
        }
        if (IsDue(ref _forgotOldestAt, ForgetOldestEvery))
        {
            await known.ForgetOldestAsync(cancellationToken);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var pause = options.RetryDelay;
        while (!stoppingToken.IsCancellationRequested)
        {
            var wait = options.PollInterval;
            if (await TryAsync(stoppingToken) is { } count)
            {
                (pause, wait) = (options.RetryDelay, count > 0 ? TimeSpan.Zero : wait);
            }
            else
            {
                (wait, pause) = (pause, pause * 2 < options.MaxRetryDelay ? pause * 2 : options.MaxRetryDelay);
            }
            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    // How many were recorded; null when it failed.
    private async Task<int?> TryAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (IsDue(ref _countedAt, CountEvery))
            {
                await CountAsync();
            }
            var count = await recording.RecordAsync(options.MaxBatch, cancellationToken);
            await ForgetAsync(cancellationToken);
            if (_hasFailed)
            {
                OwnershipLog.Works(logger);
            }
            _hasFailed = false;
            return count;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
        catch (Exception e) when (Outages.IsOne(e))
        {
            if (!_hasFailed)
            {
                OwnershipLog.Failed(logger, e.Message);
            }
            _hasFailed = true;
        }
#pragma warning disable CA1031 // Changes must go on being recorded, whatever became of these.
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            OwnershipLog.Fault(logger, e);
        }
        return null;
    }

    private async Task CountAsync()
    {
        var waiting = await stream.CountAsync();
        var oldest = await stream.ReadAsync(1);
        meters.Saw(waiting, oldest is [var first] ? Math.Max(0, time.GetUtcNow().ToUnixTimeMilliseconds() - StreamedUsage.TimeOf(first.Id)) / 1000.0 : 0);
        health.Saw(waiting);
        if (health.IsAlarmed && !_wasAlarmed)
        {
            OwnershipLog.TooMany(logger, waiting, health.AlarmAbove);
        }
        else if (_wasAlarmed && !health.IsAlarmed)
        {
            OwnershipLog.FewAgain(logger, waiting);
        }
        _wasAlarmed = health.IsAlarmed;
    }

    private bool IsDue(ref long at, TimeSpan every)
    {
        if (at != 0 && time.GetElapsedTime(at) < every)
        {
            return false;
        }
        at = time.GetTimestamp();
        return true;
    }
}
