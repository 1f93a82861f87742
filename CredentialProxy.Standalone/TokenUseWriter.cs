using CredentialProxy.Core.Directories;

namespace CredentialProxy.Standalone;

/// <summary>Writes when tokens were last used, now and then and at the end.</summary>
internal sealed partial class TokenUseWriter(TokenUses uses, TimeProvider time, ILogger<TokenUseWriter> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await WriteAsync();
            }
        }
        catch (OperationCanceledException)
        {
            await WriteAsync();
        }
    }

    private async Task WriteAsync()
    {
        try
        {
            await uses.WriteAsync(CancellationToken.None);
        }
        catch (Exception e)
        {
            // Tried again next time; nothing depends on it.
            Log.NotWritten(logger, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(5001, LogLevel.Warning, "When tokens were last used could not be written")]
        public static partial void NotWritten(ILogger logger, Exception exception);
    }
}
