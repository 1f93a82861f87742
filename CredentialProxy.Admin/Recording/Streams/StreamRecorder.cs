using CredentialProxy.Admin.Storage;
using CredentialProxy.Core.Limits.Redis.Entries;
using StackExchange.Redis;

namespace CredentialProxy.Admin.Recording.Streams;

/// <summary>Takes usage out of the stream as it comes, for as long as the process runs. Any number of control planes do so side by side.</summary>
internal sealed class StreamRecorder(
    UsageStream stream, StreamRecording recording, RecorderOptions options, RecorderMeters meters, RecorderHealth health, TimeProvider time, ILogger<StreamRecorder> logger) : BackgroundService
{
    // Entries are looked at for being left alone, and counted, this often.
    private static readonly TimeSpan LookAround = TimeSpan.FromSeconds(1);

    private StreamEntry[]? _taken;
    private bool _hasFailed;
    private bool _wasAlarmed;
    private bool _wasShortOfMemory;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var lookedAt = 0L;
        while (!stoppingToken.IsCancellationRequested)
        {
            await TryAsync(
                async () =>
                {
                    if (lookedAt == 0 || time.GetElapsedTime(lookedAt) >= LookAround)
                    {
                        lookedAt = time.GetTimestamp();
                        await LookAroundAsync(stoppingToken);
                    }
                    // What has failed is tried again, not left to be claimed.
                    _taken ??= await stream.TakeAsync(options.MaxBatch);
                    var count = _taken.Length;
                    await recording.RecordAsync(_taken, stoppingToken);
                    _taken = null;
                    if (count == 0)
                    {
                        await Task.Delay(options.PollInterval, time, stoppingToken);
                    }
                },
                stoppingToken);
        }
    }

    /// <summary>Counts, raises the alarm, and takes over what others have left.</summary>
    private async Task LookAroundAsync(CancellationToken cancellationToken)
    {
        var waiting = await stream.CountAsync();
        var oldest = await stream.OldestAsync();
        meters.Saw(waiting, oldest is { } id ? Math.Max(0, time.GetUtcNow().ToUnixTimeMilliseconds() - StreamedUsage.TimeOf(id)) / 1000.0 : 0);
        health.Saw(waiting);
        if (health.IsAlarmed != _wasAlarmed)
        {
            _wasAlarmed = health.IsAlarmed;
            if (_wasAlarmed)
            {
                RecorderLog.TooMany(logger, waiting, options.AlarmAbove);
            }
            else
            {
                RecorderLog.FewAgain(logger, waiting);
            }
        }
        await LookAtMemoryAsync();
        if (await stream.ClaimAsync(options.ClaimAfter, options.MaxBatch) is { Length: > 0 } left)
        {
            RecorderLog.Claimed(logger, left.Length);
            await recording.RecordAsync(left, cancellationToken);
        }
    }

    private async Task LookAtMemoryAsync()
    {
        var memory = await stream.MemoryAsync();
        meters.Saw(memory);
        health.Saw(memory);
        if (health.IsShortOfMemory == _wasShortOfMemory)
        {
            return;
        }
        _wasShortOfMemory = health.IsShortOfMemory;
        if (_wasShortOfMemory)
        {
            RecorderLog.ShortOfMemory(logger, memory.UsedBytes, memory.LimitBytes);
        }
        else
        {
            RecorderLog.EnoughMemory(logger, memory.UsedBytes, memory.LimitBytes);
        }
    }

    // What was taken and not written is still the stream's: when we end, it is claimed once it has been left alone for long enough, by whoever is there.
    private async Task TryAsync(Func<Task> record, CancellationToken cancellationToken)
    {
        var pause = options.RetryDelay;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await record();
                Note(hasFailed: false, "");
                return;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (Outages.IsOne(e))
            {
                Note(hasFailed: true, e.Message);
            }
#pragma warning disable CA1031 // Usage must go on being recorded, whatever became of this batch.
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                RecorderLog.Fault(logger, e);
            }
            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < options.MaxRetryDelay ? pause * 2 : options.MaxRetryDelay;
        }
    }

    private void Note(bool hasFailed, string reason)
    {
        if (hasFailed && !_hasFailed)
        {
            RecorderLog.Failed(logger, reason);
        }
        else if (_hasFailed && !hasFailed)
        {
            RecorderLog.Works(logger);
        }
        _hasFailed = hasFailed;
    }
}
