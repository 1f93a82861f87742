using Microsoft.Extensions.DependencyInjection;

namespace CredentialProxy.AppHost.Local;

/// <summary>Redis as a program of this machine.</summary>
internal sealed class LocalRedis(string name, string workingDirectory, ParameterResource password) : LocalProgram(name, "redis.sh", workingDirectory)
{
    /// <inheritdoc/>
    public override ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create($"{Endpoint.Property(EndpointProperty.HostAndPort)},password={password}");
}

/// <summary>Adds it.</summary>
internal static class LocalRedisExtensions
{
    /// <summary>Adds Redis as a program of this machine, which keeps what a container would.</summary>
    public static IResourceBuilder<LocalRedis> AddLocalRedis(this IDistributedApplicationBuilder builder, string name, IResourceBuilder<ParameterResource> password)
    {
        LocalPrograms.DirectoryOf(LocalPrograms.Redis, LocalPrograms.Redis);
        var redis = new LocalRedis(name, builder.AppHostDirectory, password.Resource);
        builder.Services.AddHealthChecks().AddRedis(_ => redis.ConnectionString, name);
        return builder.AddLocalProgram(redis, password).WithArgs([.. RedisDurability.Arguments]).WithHealthCheck(name);
    }
}
