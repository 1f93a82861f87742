using CredentialProxy.Admin.Auditing;
using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Storage;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Admin.Issuing;

/// <summary>Retires signing keys when the last token that they signed has expired, and forgets those that were retired long ago. Any number of control planes may do so.</summary>
internal sealed partial class SigningKeyKeeper(IDbContextFactory<StorageContext> storage, IDirectoryUpdater directory, TimeProvider time, ILogger<SigningKeyKeeper> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);

    /// <summary>How long a retired key is still listed.</summary>
    private static readonly TimeSpan ListedFor = TimeSpan.FromDays(90);

    /// <summary>Retires and forgets.</summary>
    public async Task KeepAsync(CancellationToken cancellationToken)
    {
        await using var context = await storage.CreateDbContextAsync(cancellationToken);
        var now = time.GetUtcNow();
        var ended = await context.SigningKeys.Where(row => row.RetiredAt == null && row.ExpiresAt <= now).ToListAsync(cancellationToken);
        foreach (var row in ended)
        {
            row.RetiredAt = row.ExpiresAt;
            row.Version++;
            context.Note(AuditTrail.System, time, "signing-key.retire", row.Id, null, new { retiredAt = row.RetiredAt });
        }
        var listedSince = now - ListedFor;
        foreach (var row in await context.SigningKeys.Where(row => row.RetiredAt < listedSince).ToListAsync(cancellationToken))
        {
            context.SigningKeys.Remove(row);
            context.Note(AuditTrail.System, time, "signing-key.delete", row.Id, new { retiredAt = row.RetiredAt }, null);
        }
        await context.SaveChangesAsync(cancellationToken);
        foreach (var row in ended)
        {
            Log.Ended(logger, row.Id);
        }
        if (ended.Count > 0)
        {
            await directory.SigningKeysChangedAsync(cancellationToken);
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
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // Gateways look at a key's end themselves; this only clears up, and is tried again.
                Log.NotKept(logger, e.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private static partial class Log
    {
        [LoggerMessage(6501, LogLevel.Information, "Signing key {KeyId} is out of use: every token that it signed has expired")]
        public static partial void Ended(ILogger logger, string keyId);

        [LoggerMessage(6502, LogLevel.Warning, "Signing keys could not be looked through: {Reason}")]
        public static partial void NotKept(ILogger logger, string reason);
    }
}
