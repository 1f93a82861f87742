using CredentialProxy.Admin.Storage;
using CredentialProxy.Core.Storage;
using CredentialProxy.ServiceDefaults.Configuration;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;

namespace CredentialProxy.Tests.Storage;

/// <summary>The model's two databases are what the model says.</summary>
public sealed class MigrationTests
{
    [Fact]
    public void The_migrations_of_the_embedded_store_lead_to_the_model()
    {
        using var context = new StorageContext(new DbContextOptionsBuilder<StorageContext>().UseSqlite("Data Source=:memory:").Options);
        Assert.False(context.Database.HasPendingModelChanges(), "Add a migration: see 'Generated files' in CONTRIBUTING.md.");
    }

    [Fact]
    public void The_migrations_of_Postgres_lead_to_the_model()
    {
        using var context = new PostgresStorageContext(new DbContextOptionsBuilder<PostgresStorageContext>().UseNpgsql().Options);
        Assert.False(context.Database.HasPendingModelChanges(), "Add a migration: see 'Generated files' in CONTRIBUTING.md.");
    }

    [Fact]
    public void Postgres_has_every_table_of_the_embedded_store()
    {
        using var embedded = new StorageContext(new DbContextOptionsBuilder<StorageContext>().UseSqlite("Data Source=:memory:").Options);
        using var postgres = new PostgresStorageContext(new DbContextOptionsBuilder<PostgresStorageContext>().UseNpgsql().Options);
        Assert.Superset(Columns(embedded).ToHashSet(), Columns(postgres).ToHashSet());

        static IEnumerable<string> Columns(DbContext context) => Tables(context).SelectMany(table => table.Columns.Select(column => $"{table.Name}.{column.Name} {(column.IsNullable ? "or null" : "")}"));
    }

    [Fact]
    public async Task Postgres_has_the_columns_keys_and_indexes_that_the_model_says()
    {
        // Parts of the migrations are written by hand, which no comparison of model and snapshot sees.
        await using var storage = await TemporaryPostgres.CreateAsync();
        await using var context = storage.CreateDbContext();
        var tables = Tables(context).ToList();

        var columns = await storage.QueryAsync<string>("""
            SELECT table_name || '.' || column_name || ' ' || CASE data_type WHEN 'ARRAY' THEN ltrim(udt_name, '_') || '[]' ELSE data_type END || CASE is_nullable WHEN 'YES' THEN ' null' ELSE '' END
            FROM information_schema.columns WHERE table_schema = 'public' AND table_name !~ '_\d{4}_\d\d$' AND table_name <> '__EFMigrationsHistory'
            """);
        Assert.Equal(
            tables.SelectMany(table => table.Columns.Select(column => $"{table.Name}.{column.Name} {column.StoreType}{(column.IsNullable ? " null" : "")}")).Order(StringComparer.Ordinal),
            columns.Order(StringComparer.Ordinal));

        var indexes = await storage.QueryAsync<string>("""SELECT indexname FROM pg_indexes WHERE schemaname = 'public' AND tablename !~ '_\d{4}_\d\d$' AND tablename <> '__EFMigrationsHistory' """);
        Assert.Equal(
            tables.SelectMany(table => table.Indexes.Select(index => index.Name).Append(table.PrimaryKey!.Name)).Order(StringComparer.Ordinal),
            indexes.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Usage_lies_in_partitions_of_which_there_are_some_ahead()
    {
        await using var storage = await TemporaryPostgres.CreateAsync();
        var present = Month.Of(TimeProvider.System.GetUtcNow());
        await using var connection = await storage.Source.OpenConnectionAsync(TestContext.Current.CancellationToken);

        foreach (var partitions in MonthlyPartitions.OfSums.Prepend(MonthlyPartitions.OfRecords))
        {
            var months = await partitions.ListAsync(connection, TestContext.Current.CancellationToken);
            // The template may have been made a moment before a month began.
            Assert.Superset(new HashSet<Month> { present, present.Next, present.Next.Next }, months.ToHashSet());
        }
    }

    [Fact]
    public async Task Many_that_start_at_once_apply_each_migration_once()
    {
        await using var storage = await TemporaryPostgres.CreateEmptyAsync();

        var applied = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => Task.Run(() => storage.MigrateAsync())));

        await using var context = storage.CreateDbContext();
        Assert.Equal(context.Database.GetMigrations(), Assert.Single(applied, names => names.Count > 0));
        Assert.Equal(context.Database.GetMigrations(), await context.Database.GetAppliedMigrationsAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_second_time_changes_nothing()
    {
        await using var storage = await TemporaryPostgres.CreateAsync();
        await using (var context = storage.CreateDbContext())
        {
            context.Projects.Add(new ProjectRow { Id = "p", Name = "n", Features = ["a", "b"], CreatedAt = DateTimeOffset.UnixEpoch });
            await context.SaveChangesAsync(TestContext.Current.CancellationToken);
        }

        Assert.Empty(await storage.MigrateAsync());

        await using var after = storage.CreateDbContext();
        Assert.Equal(["a", "b"], (await after.Projects.SingleAsync(TestContext.Current.CancellationToken)).Features);
    }

    [Fact]
    public async Task A_database_of_a_later_version_is_refused()
    {
        await using var storage = await TemporaryPostgres.CreateAsync();
        await storage.ExecuteAsync("""INSERT INTO "__EFMigrationsHistory" VALUES ('29991231000000_Later', '99.0.0')""");

        var error = await Assert.ThrowsAsync<StartupException>(() => storage.MigrateAsync());

        Assert.Contains("later version", error.Message, StringComparison.Ordinal);
    }

    private static IEnumerable<ITable> Tables(DbContext context) => context.GetService<IDesignTimeModel>().Model.GetRelationalModel().Tables;
}
