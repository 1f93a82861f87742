using CredentialProxy.Admin.Storage;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Usage;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Admin.Recording;

/// <summary>Puts Postgres into a host as the place where everything is kept.</summary>
internal static class UsageSetup
{
    /// <summary>Adds contexts of the database, and writer, reader and keeper of usage. The host must also hold a <see cref="TimeProvider"/> and a <see cref="SettlementBarrier"/>.</summary>
    public static IServiceCollection AddPostgresStorage(this IServiceCollection services, PostgresDatabase database, UsageKeepingOptions keeping) => services
        .AddSingleton(database.Source)
        .AddSingleton<IDbContextFactory<StorageContext>>(new PostgresStorageFactory(database.Source))
        .AddSingleton(new PostgresUsageWriter(database.Source))
        .AddSingleton<IUsageReader>(provider => new PostgresUsageReader(database.Source, provider.GetRequiredService<SettlementBarrier>().WaitAsync))
        .AddSingleton<IRecordTimes>(new PostgresRecordTimes(database.Source))
        .AddSingleton(new UsageKeeping(keeping))
        .AddSingleton(new OldDaySums(keeping))
        .AddHostedService<UsageKeeper>();
}
