using CredentialProxy.Core.Directories;

namespace CredentialProxy.Standalone;

/// <summary>Looks now and then whether the files that credentials refer to hold other keys, so that a key is replaced by replacing its file.</summary>
internal sealed partial class ReferenceFollower(EmbeddedDirectory directory, TimeProvider time, ILogger<ReferenceFollower> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await directory.FollowReferencesAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // Tried again next time; until then the keys that are known are used.
                Log.NotFollowed(logger, e);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(5002, LogLevel.Warning, "The references of credentials could not be followed anew")]
        public static partial void NotFollowed(ILogger logger, Exception exception);
    }
}
