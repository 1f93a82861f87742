using CredentialProxy.Admin.Storage;
using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Directories.Redis;
using StackExchange.Redis;

namespace CredentialProxy.Admin.Projecting;

/// <summary>Puts the keeping of the directory in Redis into a host.</summary>
internal static class ProjectionSetup
{
    /// <summary>Adds it. The host must also hold a <see cref="TimeProvider"/>.</summary>
    public static IServiceCollection AddDirectoryProjection(
        this IServiceCollection services, PostgresDatabase database, IConnectionMultiplexer redis, string name, ProjectionScope scope, ProjectionOptions options) => services
        .AddSingleton(options)
        .AddSingleton(scope)
        .AddSingleton(new DirectoryProjection(redis, name))
        .AddSingleton<ProjectionMeter>()
        .AddSingleton(provider => ActivatorUtilities.CreateInstance<DirectoryProjector>(provider, database))
        .AddSingleton<IDirectoryUpdater, ProjectingUpdater>()
        .AddHostedService<ProjectionLoop>();
}
