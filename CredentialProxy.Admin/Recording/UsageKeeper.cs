using CredentialProxy.Admin.Storage;
using Npgsql;

namespace CredentialProxy.Admin.Recording;

/// <summary>Every hour makes room for usage to come, and drops what is older than is kept. Any number of control planes may do so at once.</summary>
internal sealed partial class UsageKeeper(NpgsqlDataSource postgres, UsageKeeping keeping, OldDaySums days, TimeProvider time, ILogger<UsageKeeper> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            try
            {
                await KeepAsync(stoppingToken);
            }
#pragma warning disable CA1031 // Without room for months to come usage could not be written one day.
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                // Tried again next time. There is room for months, and the writer makes some where it finds none.
                Log.NotKept(logger, e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task KeepAsync(CancellationToken cancellationToken)
    {
        await using var connection = await postgres.OpenConnectionAsync(cancellationToken);
        await keeping.MakeRoomAsync(connection, time.GetUtcNow(), cancellationToken);
        if (await keeping.DropOldAsync(connection, time.GetUtcNow(), cancellationToken) is var dropped and > 0)
        {
            Log.Dropped(logger, dropped);
        }
        if (await days.ForgetAsync(connection, time.GetUtcNow(), cancellationToken) is var forgotten and > 0)
        {
            Log.Forgotten(logger, forgotten);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(6001, LogLevel.Warning, "Room for usage to come could not be made, or old usage not dropped; it is tried again within the hour")]
        public static partial void NotKept(ILogger logger, Exception exception);

        [LoggerMessage(6002, LogLevel.Information, "Dropped {Partitions} monthly partitions of usage that is older than is kept")]
        public static partial void Dropped(ILogger logger, int partitions);

        [LoggerMessage(6003, LogLevel.Information, "Forgot {Sums} sums of usage by day that are older than is kept")]
        public static partial void Forgotten(ILogger logger, long sums);
    }
}
