using CredentialProxy.Core.Storage;
using CredentialProxy.ServiceDefaults.Configuration;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Standalone;

/// <summary>
/// Keeps a demo off keys that are real: in a demo whatever credential is stored would be sent to the mock provider, which shows everyone what it was sent. A data directory that a demo has
/// begun carries a mark, and what is stored there is the demo's own; a start without a demo takes the mark away.
/// </summary>
internal sealed class DemoGuard(IDbContextFactory<StorageContext> storage, string directory)
{
    private const string MarkName = "demo";

    /// <summary>Marks or unmarks the directory, before anything in it is used.</summary>
    /// <exception cref="StartupException">A demo was asked for where credentials are stored that it did not make.</exception>
    public async Task CheckAsync(bool isDemo, CancellationToken cancellationToken)
    {
        await using var context = await storage.CreateDbContextAsync(cancellationToken);
        var mark = await context.Settings.FindAsync([MarkName], cancellationToken);
        if (isDemo && mark is null)
        {
            if (await context.Credentials.AnyAsync(cancellationToken))
            {
                throw new StartupException(
                    $"The data directory '{directory}' holds credentials, and a demo would send them to the mock provider. Set {EnvironmentNames.DataDirectory} to a directory for the demo alone, or start without --demo.");
            }
            context.Settings.Add(new SettingRow { Name = MarkName, Value = "" });
        }
        else if (!isDemo && mark is not null)
        {
            context.Settings.Remove(mark);
        }
        await context.SaveChangesAsync(cancellationToken);
    }
}
