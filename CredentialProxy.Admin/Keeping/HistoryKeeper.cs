using CredentialProxy.Admin.Auditing;
using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Tokens;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Admin.Keeping;

/// <summary>Every hour forgets what the audit log has of long ago, and revocations whose tokens have expired. Any number of control planes may do so.</summary>
internal sealed partial class HistoryKeeper(
    IDbContextFactory<StorageContext> storage, IDirectoryUpdater directory, AdminOptions admin, SessionTokenOptions sessionTokens, TimeProvider time, ILogger<HistoryKeeper> logger) : BackgroundService
{
    /// <summary>Rows forgotten in one transaction, which keeps others from writing to an embedded store.</summary>
    public const int AtOnce = 1_000;

    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    /// <summary>Forgets what is kept no longer.</summary>
    public async Task KeepAsync(CancellationToken cancellationToken)
    {
        var keeping = admin.Keeping;
        // By whole days: what is forgotten is an entry of the audit log, and must not be one every hour.
        var audit = DayOf(time.GetUtcNow().AddDays(-keeping.AuditDays));
        await ForgetAsync("audit.forget", "audit", audit, context => context.Audit.Where(row => row.Time < audit).OrderBy(row => row.Time).Take(AtOnce).ExecuteDeleteAsync(cancellationToken), cancellationToken);
        var revocations = DayOf(time.GetUtcNow() - keeping.RevocationsFor(sessionTokens.MaxLifetimeSeconds));
        // The outbox hears nothing of them: the directory in Redis has let go of them by their age, or will at the next comparison.
        var forgotten = await ForgetAsync("revocation.forget", "revocations", revocations, context => context.Revocations.Where(row => row.RevokedAt < revocations).OrderBy(row => row.RevokedAt).Take(AtOnce).ExecuteDeleteAsync(cancellationToken), cancellationToken);
        if (forgotten > 0)
        {
            await directory.RevocationsForgottenAsync(cancellationToken);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            try
            {
                await KeepAsync(stoppingToken);
            }
#pragma warning disable CA1031 // What is old must not grow for ever because of one bad hour.
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                // Nothing is wrong with what is kept for longer.
                Log.NotKept(logger, e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    // A part at a time, each with its entry in the audit log. Of several who do so at once each finds what the others have left.
    private async Task<int> ForgetAsync(string action, string objectId, DateTimeOffset before, Func<StorageContext, Task<int>> forgetSome, CancellationToken cancellationToken)
    {
        var all = 0;
        int some;
        do
        {
            await using var context = await storage.CreateDbContextAsync(cancellationToken);
            await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
            some = await forgetSome(context);
            if (some > 0)
            {
                context.Note(AuditTrail.System, time, action, objectId, new { before, count = some }, null);
                await context.SaveChangesAsync(cancellationToken);
            }
            await transaction.CommitAsync(cancellationToken);
            all += some;
        }
        while (some == AtOnce);
        if (all > 0)
        {
            Log.Forgotten(logger, all, objectId, before);
        }
        return all;
    }

    private static DateTimeOffset DayOf(DateTimeOffset moment) => new(moment.UtcDateTime.Date, TimeSpan.Zero);

    private static partial class Log
    {
        [LoggerMessage(6701, LogLevel.Warning, "Old entries of the audit log, or revocations, could not be forgotten; it is tried again within the hour")]
        public static partial void NotKept(ILogger logger, Exception exception);

        [LoggerMessage(6702, LogLevel.Information, "Forgot {Rows} rows of {Table} that are from before {Before}")]
        public static partial void Forgotten(ILogger logger, int rows, string table, DateTimeOffset before);
    }
}
