using CredentialProxy.Admin.Storage;
using CredentialProxy.Core.Vault;
using CredentialProxy.ServiceDefaults.Configuration;
using CredentialProxy.ServiceDefaults.KeyRings;
using Microsoft.AspNetCore.DataProtection;
using Npgsql;

namespace CredentialProxy.Admin.KeyRings;

/// <summary>Opens the key ring in the database, and puts it into a host.</summary>
internal static class KeyRingSetup
{
    /// <summary>Opens it; makes its first key where there is none, however many are started at once.</summary>
    /// <exception cref="StartupException">A key of it can't be opened, or the database can't be used.</exception>
    public static async Task<KeyRing> OpenAsync(
        PostgresDatabase database, TimeSpan patience, RingWrapping wrapping, ILoggerFactory logs, TimeProvider time, CancellationToken cancellationToken)
    {
        await using var guard = await database.OpenAsync(patience, cancellationToken);
        try
        {
            await PostgresSetup.WarnAsync(guard, logs.CreateLogger<PostgresDatabase>(), cancellationToken);
            await using var transaction = await guard.BeginTransactionAsync(cancellationToken);
            // Or each of several would make a first key, and go on with its own.
            await AdvisoryLocks.KeyRing.TakeAsync(guard, cancellationToken);
            var ring = new KeyRing(new StoredKeys(new PostgresStorageFactory(database.Source), time), wrapping, makesKeys: true, logs, time);
            ring.Check();
            ring.CreateProtector("CredentialProxy.First").Protect([]);
            await transaction.CommitAsync(cancellationToken);
            return ring;
        }
        catch (NpgsqlException e)
        {
            throw database.Explain(e);
        }
    }

    /// <summary>Adds the ring and the vault on it.</summary>
    public static IServiceCollection AddKeyRing(this IServiceCollection services, KeyRing ring, RingWrapping wrapping) => services
        .AddSingleton(ring)
        .AddSingleton(wrapping)
        .AddSingleton<IDataProtectionProvider>(ring)
        .AddSingleton(new CredentialVault(ring));
}
