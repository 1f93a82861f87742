using CredentialProxy.Admin.Hosting;
using CredentialProxy.Core.Storage;
using CredentialProxy.ServiceDefaults.Configuration;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Standalone;

/// <summary>
/// Keeps demos and real keys apart. In a demo whatever credential is stored would be sent to the mock provider, which shows everyone what it was sent; and a demo's tokens and admin key, which it
/// prints and writes down, must not open real keys later. A data directory that a demo has begun carries a mark, and what is stored there is the demo's own.
/// </summary>
internal sealed class DemoGuard(IDbContextFactory<StorageContext> storage, DataDirectory data, TimeProvider time)
{
    private const string MarkName = "demo";

    /// <summary>Marks the directory, or ends what a demo has left in it; before anything in it is used.</summary>
    /// <exception cref="StartupException">A demo was asked for where credentials or tokens are stored that are no demo's.</exception>
    public async Task CheckAsync(bool isDemo, CancellationToken cancellationToken)
    {
        // Scripts take it as the word that a demo is ready.
        File.Delete(data.DemoFile);
        await using var context = await storage.CreateDbContextAsync(cancellationToken);
        var mark = await context.Settings.FindAsync([MarkName], cancellationToken);
        if (isDemo && mark is null)
        {
            if (await context.Credentials.AnyAsync(cancellationToken) || await context.Tokens.AnyAsync(cancellationToken))
            {
                throw new StartupException(
                    $"The data directory '{data.Path}' holds credentials or tokens, and a demo would send credentials to the mock provider. Set {EnvironmentNames.DataDirectory} to a directory for the demo alone, or start without --demo.");
            }
            context.Settings.Add(new SettingRow { Name = MarkName, Value = "" });
        }
        else if (!isDemo && mark is not null)
        {
            await EndDemoAsync(context, cancellationToken);
            context.Settings.Remove(mark);
        }
        await context.SaveChangesAsync(cancellationToken);
    }

    private async Task EndDemoAsync(StorageContext context, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await foreach (var token in context.Tokens.Where(token => token.RevokedAt == null).AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            token.RevokedAt = now;
        }
        // A new admin key is made and shown, and whatever the demo's keys have signed is void.
        context.SigningKeys.RemoveRange(await context.SigningKeys.ToListAsync(cancellationToken));
        context.Settings.RemoveRange(await context.Settings.Where(setting => InstallationSecrets.Names.Contains(setting.Name)).ToListAsync(cancellationToken));
    }
}
