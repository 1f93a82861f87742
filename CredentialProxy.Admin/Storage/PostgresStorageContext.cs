using CredentialProxy.Core.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace CredentialProxy.Admin.Storage;

/// <summary>
/// The one model on Postgres. What differs from the embedded store is usage: it lies in a partition for each month, so that its time is part of its key, and is rolled up by hour
/// and by day.
/// </summary>
internal sealed class PostgresStorageContext(DbContextOptions<PostgresStorageContext> options) : StorageContext(options)
{
    /// <summary>What usage is rolled up by.</summary>
    public DbSet<UsageSeriesRow> UsageSeries => Set<UsageSeriesRow>();

    /// <summary>Usage by hour.</summary>
    public DbSet<UsageHourRow> UsageHours => Set<UsageHourRow>();

    /// <summary>Usage by day.</summary>
    public DbSet<UsageDayRow> UsageDays => Set<UsageDayRow>();

    /// <summary>Changes that the directory in Redis has not got yet.</summary>
    public DbSet<OutboxRow> Outbox => Set<OutboxRow>();

    /// <summary>How far changes of owners of stored objects are kept.</summary>
    public DbSet<ObjectNumberRow> ObjectNumbers => Set<ObjectNumberRow>();

    /// <inheritdoc/>
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        base.OnModelCreating(modelBuilder);
        modelBuilder.Entity<OutboxRow>().ToTable("outbox").HasKey(row => row.Id);
        modelBuilder.Entity<ObjectNumberRow>().ToTable("object_numbers").HasKey(row => row.Instance);
        // Numbers of projections. Drawn under a lock, and never given back: each is higher than all that were drawn before.
        modelBuilder.HasSequence<long>("directory_numbers");
        // Unique in each partition alone, so the writer looks for a request's id beyond its partition's ends itself.
        modelBuilder.Entity<UsageRow>().HasKey(row => new { row.RequestId, row.TimeMs });
        Series<UsageSeriesRow>(modelBuilder, "usage_series").HasIndex(row => row.TokenId);
        modelBuilder.Entity<UsageSeriesRow>().HasIndex(row => row.ProjectId);
        RollUp<UsageHourRow>(modelBuilder, "usage_hours");
        RollUp<UsageDayRow>(modelBuilder, "usage_days");
        Series<UsageTokenSeriesRow>(modelBuilder, "usage_token_series").HasIndex(row => row.TokenId);
        modelBuilder.Entity<UsageTokenSeriesRow>().HasIndex(row => row.ProjectId);
        RollUp<UsageTokenHourRow>(modelBuilder, "usage_token_hours");
        RollUp<UsageTokenDayRow>(modelBuilder, "usage_token_days");
        Series<UsageProjectSeriesRow>(modelBuilder, "usage_project_series").HasIndex(row => row.ProjectId);
        RollUp<UsageProjectHourRow>(modelBuilder, "usage_project_hours");
        RollUp<UsageProjectDayRow>(modelBuilder, "usage_project_days");
        Series<UsageModelSeriesRow>(modelBuilder, "usage_model_series");
        RollUp<UsageModelHourRow>(modelBuilder, "usage_model_hours");
        RollUp<UsageModelDayRow>(modelBuilder, "usage_model_days");
    }

    private static EntityTypeBuilder<T> Series<T>(ModelBuilder modelBuilder, string table)
        where T : SeriesRow
    {
        var series = modelBuilder.Entity<T>();
        series.ToTable(table).HasKey(row => row.Id);
        series.HasIndex(row => row.Hash).IsUnique();
        return series;
    }

    private static void RollUp<T>(ModelBuilder modelBuilder, string table)
        where T : UsageSumsRow => modelBuilder.Entity<T>(sums =>
    {
        // A series after the other, so that a token's year lies together; all series of a time are found by the second index.
        sums.ToTable(table).HasKey(row => new { row.SeriesId, row.StartMs });
        sums.HasIndex(row => row.StartMs);
    });
}
