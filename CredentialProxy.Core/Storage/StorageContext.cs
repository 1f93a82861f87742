using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace CredentialProxy.Core.Storage;

/// <summary>Everything that is kept for good, in one model. As it stands it is the embedded store's; another kind of database derives from it, and adds what that needs.</summary>
public class StorageContext(DbContextOptions options) : DbContext(options)
{
    /// <summary>Tokens.</summary>
    public DbSet<TokenRow> Tokens => Set<TokenRow>();

    /// <summary>Projects.</summary>
    public DbSet<ProjectRow> Projects => Set<ProjectRow>();

    /// <summary>Credentials added over the API.</summary>
    public DbSet<CredentialRow> Credentials => Set<CredentialRow>();

    /// <summary>Revoked session tokens that were minted elsewhere.</summary>
    public DbSet<RevocationRow> Revocations => Set<RevocationRow>();

    /// <summary>The audit log.</summary>
    public DbSet<AuditRow> Audit => Set<AuditRow>();

    /// <summary>Keys of the control plane.</summary>
    public DbSet<AdminKeyRow> AdminKeys => Set<AdminKeyRow>();

    /// <summary>Keys that sign session tokens.</summary>
    public DbSet<SigningKeyRow> SigningKeys => Set<SigningKeyRow>();

    /// <summary>Prices that operators have set.</summary>
    public DbSet<PriceRow> Prices => Set<PriceRow>();

    /// <summary>Idempotency keys of calls that made something.</summary>
    public DbSet<RepeatRow> Repeats => Set<RepeatRow>();

    /// <summary>Values this installation made for itself.</summary>
    public DbSet<SettingRow> Settings => Set<SettingRow>();

    /// <summary>Running totals of accounts.</summary>
    public DbSet<CounterRow> Counters => Set<CounterRow>();

    /// <summary>Open leases.</summary>
    public DbSet<LeaseRow> Leases => Set<LeaseRow>();

    /// <summary>Usage records.</summary>
    public DbSet<UsageRow> Usage => Set<UsageRow>();

    /// <summary>Stored objects and whose they are.</summary>
    public DbSet<ObjectRow> Objects => Set<ObjectRow>();

    /// <summary>The key ring, wrapped.</summary>
    public DbSet<DataProtectionKeyRow> DataProtectionKeys => Set<DataProtectionKeyRow>();

    /// <summary>Leases of gateways that died, which count as spent.</summary>
    public DbSet<ClosedLeaseRow> ClosedLeases => Set<ClosedLeaseRow>();

    /// <summary>How far the accounts of gateways in Redis have come.</summary>
    public DbSet<GatewayMarkRow> GatewayMarks => Set<GatewayMarkRow>();

    /// <inheritdoc/>
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        OnControlCreating(modelBuilder);
        modelBuilder.Entity<SettingRow>().ToTable("settings").HasKey(row => row.Name);
        modelBuilder.Entity<CounterRow>(counter =>
        {
            counter.ToTable("counters").HasKey(row => row.Id);
            counter.HasIndex(row => new { row.Account, row.Unit, row.Window, row.WindowStart }).IsUnique();
        });
        modelBuilder.Entity<LeaseRow>().ToTable("leases").HasKey(row => new { row.CounterId, row.Holder, row.Limit });
        modelBuilder.Entity<UsageRow>(usage =>
        {
            usage.ToTable("usage").HasKey(row => row.RequestId);
            usage.HasIndex(row => new { row.TokenId, row.TimeMs });
            usage.HasIndex(row => row.TimeMs);
        });
        modelBuilder.Entity<DataProtectionKeyRow>().ToTable("data_protection_keys").HasKey(row => row.Name);
        modelBuilder.Entity<ClosedLeaseRow>(closed =>
        {
            closed.ToTable("closed_leases").HasKey(row => row.Id);
            closed.HasIndex(row => row.ClosedAt);
        });
        modelBuilder.Entity<GatewayMarkRow>().ToTable("gateway_marks").HasKey(row => row.Instance);
        modelBuilder.Entity<ObjectRow>(stored =>
        {
            stored.ToTable("objects").HasKey(row => new { row.Owner, row.Provider, row.Kind, row.Id });
            stored.HasIndex(row => row.ExpiresAt);
            // Whose an object is already.
            stored.HasIndex(row => new { row.Provider, row.Kind, row.Id });
        });
    }

    // What operators make and change. Lists are read in the order of their indexes.
    private static void OnControlCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<TokenRow>(token =>
        {
            token.ToTable("tokens").HasKey(row => row.Id);
            token.Property(row => row.Version).IsConcurrencyToken();
            token.HasIndex(row => row.Hash).IsUnique();
            token.HasIndex(row => new { row.CreatedAt, row.Id });
            token.HasIndex(row => new { row.ProjectId, row.CreatedAt });
            // A token without its project would be without its limits.
            token.HasOne<ProjectRow>().WithMany().HasForeignKey(row => row.ProjectId).OnDelete(DeleteBehavior.Restrict);
            token.HasIndex(row => new { row.MintedBy, row.CreatedAt });
        });
        modelBuilder.Entity<ProjectRow>(project =>
        {
            project.ToTable("projects").HasKey(row => row.Id);
            project.Property(row => row.Version).IsConcurrencyToken();
            project.Property(row => row.TokenLimitsJson).HasDefaultValue("[]");
            project.HasIndex(row => row.Name).IsUnique();
        });
        modelBuilder.Entity<CredentialRow>(credential =>
        {
            credential.ToTable("credentials").HasKey(row => row.Id);
            credential.Property(row => row.Version).IsConcurrencyToken();
        });
        modelBuilder.Entity<AdminKeyRow>(key =>
        {
            key.ToTable("admin_keys").HasKey(row => row.Id);
            key.Property(row => row.Version).IsConcurrencyToken();
            key.HasIndex(row => row.Hash).IsUnique();
        });
        modelBuilder.Entity<SigningKeyRow>(key =>
        {
            key.ToTable("signing_keys").HasKey(row => row.Id);
            key.Property(row => row.Version).IsConcurrencyToken();
            key.HasIndex(row => new { row.CreatedAt, row.Id });
        });
        modelBuilder.Entity<PriceRow>(price =>
        {
            price.ToTable("prices").HasKey(row => row.Id);
            price.Property(row => row.Version).IsConcurrencyToken();
            price.HasIndex(row => new { row.CreatedAt, row.Id });
            price.OwnsMany(row => row.Match, match =>
            {
                // One price for each, whoever sets two at once.
                match.ToTable("price_matches").HasKey(row => new { row.Provider, row.Pattern });
                match.Property<string>("PriceId").IsRequired();
                match.WithOwner().HasForeignKey("PriceId");
            });
        });
        OnHistoryCreating(modelBuilder);
    }

    // What they have done, which is forgotten in time.
    private static void OnHistoryCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<RevocationRow>(revocation =>
        {
            revocation.ToTable("revocations").HasKey(row => row.Jti);
            revocation.HasIndex(row => row.RevokedAt);
        });
        modelBuilder.Entity<AuditRow>(audit =>
        {
            audit.ToTable("audit").HasKey(row => row.Id);
            // There was one role only before it was noted.
            audit.Property(row => row.Role).HasDefaultValue("admin");
            audit.HasIndex(row => row.Time);
            audit.HasIndex(row => new { row.ObjectId, row.Id });
            audit.HasIndex(row => new { row.Actor, row.Id });
        });
        modelBuilder.Entity<RepeatRow>(repeat =>
        {
            repeat.ToTable("repeats").HasKey(row => row.Key);
            repeat.HasIndex(row => row.ExpiresAt);
            repeat.HasIndex(row => row.Actor);
        });
    }

    /// <inheritdoc/>
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
        // SQLite has no time type that sorts; Unix milliseconds do, and lose nothing that we promise.
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UnixMillisecondsConverter>();

    private sealed class UnixMillisecondsConverter()
        : ValueConverter<DateTimeOffset, long>(time => time.ToUnixTimeMilliseconds(), ms => DateTimeOffset.FromUnixTimeMilliseconds(ms));
}
