using CredentialProxy.Admin.Projecting;
using CredentialProxy.Core.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Npgsql;

namespace CredentialProxy.Admin.Storage;

/// <summary>Makes contexts on a Postgres database.</summary>
internal sealed class PostgresStorageFactory(NpgsqlDataSource postgres) : IDbContextFactory<StorageContext>
{
    private readonly DbContextOptions<PostgresStorageContext> _options = new DbContextOptionsBuilder<PostgresStorageContext>().UseNpgsql(postgres).AddInterceptors(new OutboxInterceptor()).Options;

    public StorageContext CreateDbContext() => Create();

    public PostgresStorageContext Create() => new(_options);
}

/// <summary>Lets <c>dotnet ef migrations add</c> make a context without starting a host.</summary>
internal sealed class PostgresDesignTimeFactory : IDesignTimeDbContextFactory<PostgresStorageContext>
{
    public PostgresStorageContext CreateDbContext(string[] args) => new(new DbContextOptionsBuilder<PostgresStorageContext>().UseNpgsql().Options);
}
