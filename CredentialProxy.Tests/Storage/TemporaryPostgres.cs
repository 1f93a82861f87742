using CredentialProxy.Admin.Storage;
using CredentialProxy.ServiceDefaults.Configuration;
using CredentialProxy.Tests.Running;
using Microsoft.Extensions.Configuration;
using Npgsql;

namespace CredentialProxy.Tests.Storage;

/// <summary>A database of its own on the tests' Postgres, that goes away with the test; up to date unless told otherwise.</summary>
internal sealed class TemporaryPostgres : IAsyncDisposable
{
    private static readonly Lazy<Task<string>> Template = new(MakeTemplateAsync);
    private static int _last;

    private readonly PostgresServer _server;
    private readonly string _name;

    private TemporaryPostgres(PostgresServer server, string name)
    {
        (_server, _name) = (server, name);
        Database = DatabaseOf(ConnectionString);
    }

    public string ConnectionString => _server.ConnectionString(_name);

    public PostgresDatabase Database { get; }

    public NpgsqlDataSource Source => Database.Source;

    /// <summary>A database that is up to date.</summary>
    public static async Task<TemporaryPostgres> CreateAsync() => await CreateAsync($"TEMPLATE {await Template.Value}");

    /// <summary>A database that is up to date, on a server of a test's own.</summary>
    public static async Task<TemporaryPostgres> CreateOnAsync(PostgresServer server)
    {
        var postgres = await CreateAsync(server, "");
        await postgres.MigrateAsync();
        return postgres;
    }

    /// <summary>A database with nothing in it.</summary>
    public static Task<TemporaryPostgres> CreateEmptyAsync() => CreateAsync("");

    public static PostgresDatabase DatabaseOf(string connectionString) => PostgresDatabase.Of(
        new ConfigurationBuilder().AddInMemoryCollection([new("ConnectionStrings:postgres", connectionString)]).Build(), TimeProvider.System);

    /// <summary>Brings the database up to date.</summary>
    /// <exception cref="StartupException">It can't be done.</exception>
    public Task<IReadOnlyList<string>> MigrateAsync(PostgresOptions? options = null) =>
        new PostgresMigrator(Database, options ?? new PostgresOptions(), new UsageKeepingOptions(), TimeProvider.System).MigrateAsync(TestContext.Current.CancellationToken);

    public PostgresStorageContext CreateDbContext() => new PostgresStorageFactory(Source).Create();

    /// <summary>Runs a command.</summary>
    public async Task ExecuteAsync(string sql)
    {
        await using var command = Source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>The values of a query's first column.</summary>
    public async Task<List<T>> QueryAsync<T>(string sql)
    {
        await using var command = Source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var values = new List<T>();
        while (await reader.ReadAsync())
        {
            values.Add(await reader.GetFieldValueAsync<T>(0));
        }
        return values;
    }

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        await _server.ExecuteAsync($"DROP DATABASE {_name} WITH (FORCE)");
    }

    private static async Task<TemporaryPostgres> CreateAsync(string how) => await CreateAsync(await PostgresServer.GetAsync(), how);

    private static async Task<TemporaryPostgres> CreateAsync(PostgresServer server, string how)
    {
        var name = $"test_{Interlocked.Increment(ref _last)}";
        await server.ExecuteAsync($"CREATE DATABASE {name} {how}");
        return new TemporaryPostgres(server, name);
    }

    private static async Task<string> MakeTemplateAsync()
    {
        var empty = await CreateEmptyAsync();
        await empty.MigrateAsync();
        await empty.Database.DisposeAsync();
        return empty._name;
    }
}
