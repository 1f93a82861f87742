using CredentialProxy.Admin.Storage;
using CredentialProxy.Core.Directories.Redis;

namespace CredentialProxy.Admin.Projecting;

/// <summary>Projects what was not projected at once, notices a directory that was lost, and has everything compared now and then. Any number of control planes may do so.</summary>
internal sealed class ProjectionLoop(DirectoryProjector projector, DirectoryProjection projection, ProjectionOptions options, TimeProvider time, ILogger<ProjectionLoop> logger) : BackgroundService
{
    private bool _isFailing;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Interval, time);
        do
        {
            try
            {
                await projector.ProjectAsync(stoppingToken);
                if (await projection.IsComparisonDueAsync(options.CompareInterval))
                {
                    await CompareAsync(stoppingToken);
                }
                Note(null);
            }
            catch (Exception e) when (Outages.IsOne(e) || e is ProjectionOvertakenException)
            {
                Note(e);
            }
#pragma warning disable CA1031 // Changes must go on being projected, whatever became of this one.
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                ProjectionLog.Failed(logger, e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task CompareAsync(CancellationToken stoppingToken)
    {
        var isCompared = false;
        try
        {
            await projector.CompareAsync(stoppingToken);
            isCompared = true;
        }
        finally
        {
            if (!isCompared)
            {
                await projection.ComparisonFailedAsync();
            }
        }
    }

    // Said once, and not with every attempt.
    private void Note(Exception? failure)
    {
        if (failure is not null && !_isFailing)
        {
            ProjectionLog.Failing(logger, failure.Message);
        }
        else if (failure is null && _isFailing)
        {
            ProjectionLog.Works(logger);
        }
        _isFailing = failure is not null;
    }
}
