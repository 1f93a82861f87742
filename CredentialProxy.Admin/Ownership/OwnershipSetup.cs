using CredentialProxy.Core.Objects;
using CredentialProxy.Core.Objects.Redis;
using Npgsql;
using StackExchange.Redis;

namespace CredentialProxy.Admin.Ownership;

/// <summary>Puts the keeping of owners of stored objects into a host.</summary>
internal static class OwnershipSetup
{
    /// <summary>
    /// Adds it. The host must also hold what <see cref="Recording.Streams.RecorderSetup.AddUsageRecorder"/> and <see cref="Rebuilding.RebuildingSetup.AddAccountRebuilding"/> add, whose settings hold for it as
    /// well, and a data source of Postgres.
    /// </summary>
    public static IServiceCollection AddObjectOwnership(this IServiceCollection services, IConnectionMultiplexer redis, string name, ObjectOwnersOptions options)
    {
        var keys = new ObjectKeys(name);
        services.AddMetrics();
        services.AddHealthChecks().AddCheck<OwnershipHealth>("ownership");
        return services
            .AddSingleton(options)
            .AddSingleton(new OwnerStates(redis.GetDatabase(), keys))
            .AddSingleton(new OwnerStream(redis.GetDatabase(), keys))
            .AddSingleton(provider => new LostOwners(redis, keys, provider.GetRequiredService<TimeProvider>()))
            .AddSingleton(provider => new OwnerRows(provider.GetRequiredService<NpgsqlDataSource>(), provider.GetRequiredService<TimeProvider>()))
            .AddSingleton(provider => new KnownOwners(provider.GetRequiredService<NpgsqlDataSource>(), options))
            .AddSingleton<OwnershipMeters>()
            .AddSingleton<OwnershipHealth>()
            .AddSingleton<OwnerRecording>()
            .AddSingleton<OwnerRecorder>()
            .AddSingleton<OwnerRebuilder>()
            .AddHostedService(provider => provider.GetRequiredService<OwnerRecorder>())
            .AddHostedService(provider => provider.GetRequiredService<OwnerRebuilder>());
    }
}
