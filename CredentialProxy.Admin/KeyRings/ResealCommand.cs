using CredentialProxy.Admin.Storage;
using CredentialProxy.ServiceDefaults.Configuration;
using CredentialProxy.ServiceDefaults.KeyRings;
using Microsoft.Extensions.Logging.Abstractions;

namespace CredentialProxy.Admin.KeyRings;

/// <summary>Reseals from the command line.</summary>
internal static class ResealCommand
{
    /// <summary>Reseals, tells what was done, and answers the exit code: 1 where something could not be opened.</summary>
    /// <exception cref="StartupException">A setting is wrong, the database can't be used, or a key of the ring can't be opened.</exception>
    public static async Task<int> RunAsync(PostgresDatabase database, PostgresOptions options, IConfiguration configuration, bool makesKey, TextWriter output)
    {
        var wrapping = RingWrapping.Read(configuration);
        var ring = await KeyRingSetup.OpenAsync(database, options.WaitForServer, wrapping, NullLoggerFactory.Instance, TimeProvider.System, CancellationToken.None);
        if (makesKey)
        {
            ring.MakeKey();
        }
        var done = await new Resealer(new PostgresStorageFactory(database.Source), ring, wrapping, TimeProvider.System).ResealAsync(CancellationToken.None);
        await output.WriteLineAsync($"Wrapped {done.Keys} keys of the ring and sealed {done.Secrets} secrets anew.");
        if (done.Unopened.Count > 0)
        {
            await output.WriteLineAsync($"Sealed with a key that is not in the ring, and left as they are: {string.Join(", ", done.Unopened)}.");
        }
        return done.Unopened.Count == 0 ? 0 : 1;
    }
}
