using Microsoft.Extensions.DependencyInjection;

namespace CredentialProxy.AppHost.Local;

/// <summary>Postgres as a program of this machine, on which nobody else has a database.</summary>
internal sealed class LocalPostgres(string name, string workingDirectory, ParameterResource password) : LocalProgram(name, "postgres.sh", workingDirectory)
{
    /// <inheritdoc/>
    public override ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create(
        $"Host={Endpoint.Property(EndpointProperty.Host)};Port={Endpoint.Property(EndpointProperty.Port)};Username=postgres;Password={password};Database=postgres");
}

/// <summary>Adds it.</summary>
internal static class LocalPostgresExtensions
{
    /// <summary>Adds Postgres as a program of this machine. Started by root it runs as the user <c>postgres</c>.</summary>
    public static IResourceBuilder<LocalPostgres> AddLocalPostgres(this IDistributedApplicationBuilder builder, string name, IResourceBuilder<ParameterResource> password)
    {
        var postgres = new LocalPostgres(name, builder.AppHostDirectory, password.Resource);
        builder.Services.AddHealthChecks().AddNpgSql(_ => postgres.ConnectionString, name: name);
        return builder.AddLocalProgram(postgres, password).WithEnvironment("BINARIES", LocalPrograms.DirectoryOf(LocalPrograms.Postgres, "postgresql")).WithHealthCheck(name);
    }
}
