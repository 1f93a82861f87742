using System.Collections.Concurrent;
using CredentialProxy.Admin;
using CredentialProxy.Admin.Keeping;
using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Tokens;
using CredentialProxy.Core.Vault;
using CredentialProxy.Tests.Reserving;
using CredentialProxy.Tests.Running;
using CredentialProxy.Tests.Storage;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace CredentialProxy.Tests.Keeping;

/// <summary>What is over is forgotten when its days are, by whole days, and never without a word in the audit log.</summary>
public abstract class HistoryKeeperContract : IAsyncLifetime
{
    private static readonly DateTimeOffset Now = new(2027, 6, 15, 12, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Today = new(2027, 6, 15, 0, 0, 0, TimeSpan.Zero);

    private readonly ConcurrentQueue<string> _lines = new();
    private IDbContextFactory<StorageContext> _storage = null!;
    private EmbeddedDirectory _directory = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _storage = await OpenAsync();
        _directory = new EmbeddedDirectory(_storage, new CredentialVault(new EphemeralDataProtectionProvider()), [], Inspected.Prices, NullLogger<EmbeddedDirectory>.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        _directory.Dispose();
        await CloseAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task The_audit_log_is_kept_for_its_days_and_says_itself_what_it_has_no_more()
    {
        await ChangeAsync(context => context.Audit.AddRange(
            Entry("long ago", Today.AddDays(-400)), Entry("just before", Today.AddDays(-10).AddMilliseconds(-1)), Entry("just then", Today.AddDays(-10)), Entry("now", Now), Entry("from a clock ahead", Now.AddDays(400))));

        await KeepAsync(new KeepingOptions { AuditDays = 10 });

        Assert.Equal(["just then", "now", "from a clock ahead", "audit"], await ObjectsAsync());
        var told = (await ReadAsync(context => context.Audit.SingleAsync(row => row.ObjectId == "audit", Cancellation)));
        Assert.Equal(("system", "audit.forget", """{"before":"2027-06-05T00:00:00+00:00","count":2}""", null), (told.Actor, told.Action, told.BeforeJson, told.AfterJson));
        Assert.Equal(Now, told.Time);
        // There is nothing to say of nothing.
        await KeepAsync(new KeepingOptions { AuditDays = 10 });
        Assert.Equal(4, (await ObjectsAsync()).Count);
    }

    [Fact]
    public async Task However_much_is_over_it_is_forgotten_and_all_of_it_counted()
    {
        const int Many = (2 * HistoryKeeper.AtOnce) + 1;
        await ChangeAsync(context => context.Audit.AddRange(Enumerable.Range(0, Many).Select(i => Entry("old", Now.AddDays(-500).AddSeconds(i)))));

        // As several control planes do, all at once.
        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => KeepAsync(new KeepingOptions())));

        Assert.DoesNotContain("old", await ObjectsAsync());
        var told = await ReadAsync(context => context.Audit.Select(row => row.BeforeJson!).ToListAsync(Cancellation));
        Assert.Equal(Many, told.Sum(json => (int)System.Text.Json.Nodes.JsonNode.Parse(json)!["count"]!));
    }

    [Theory]
    [InlineData(30, 7 * 86400, 30)]
    // However few are set: a token that was made the moment before must have expired.
    [InlineData(1, 7 * 86400, 7)]
    [InlineData(6, 7 * 86400, 7)]
    [InlineData(1, 60, 1)]
    public async Task A_revocation_is_kept_for_its_days_and_never_shorter_than_its_token_may_live(int days, int lifetime, int kept)
    {
        await ChangeAsync(context => context.Revocations.AddRange(
            new RevocationRow { Jti = "old", RevokedAt = Today.AddDays(-kept).AddMilliseconds(-1) }, new RevocationRow { Jti = "kept", RevokedAt = Today.AddDays(-kept) }, new RevocationRow { Jti = "new", RevokedAt = Now }));
        await _directory.LoadAsync(Cancellation);
        Assert.True(_directory.IsRevoked("old"));

        await KeepAsync(new KeepingOptions { RevocationDays = days }, lifetime);

        Assert.Equal(["kept", "new"], await ReadAsync(context => context.Revocations.Select(row => row.Jti).OrderBy(jti => jti).ToListAsync(Cancellation)));
        Assert.Equal((false, true, true), (_directory.IsRevoked("old"), _directory.IsRevoked("kept"), _directory.IsRevoked("new")));
        var told = await ReadAsync(context => context.Audit.SingleAsync(Cancellation));
        Assert.Equal(("system", "revocation.forget", "revocations"), (told.Actor, told.Action, told.ObjectId));
    }

    [Fact]
    public async Task What_can_t_be_written_to_the_audit_log_is_not_forgotten()
    {
        await ChangeAsync(context =>
        {
            context.Revocations.Add(new RevocationRow { Jti = "old", RevokedAt = Now.AddDays(-100) });
            context.Audit.Add(Entry("old", Now.AddDays(-500)));
        });
        await ExecuteAsync(Breaking);

        await Assert.ThrowsAsync<DbUpdateException>(() => KeepAsync(new KeepingOptions()));
        await Assert.ThrowsAsync<DbUpdateException>(() => KeepAsync(new KeepingOptions { AuditDays = 1000 }));

        Assert.Equal(["old"], await ObjectsAsync());
        Assert.Equal(1, await ReadAsync(context => context.Revocations.CountAsync(Cancellation)));
    }

    [Fact]
    public async Task What_nobody_thought_of_is_told_and_does_not_end_the_keeping()
    {
        await ChangeAsync(context => context.Audit.Add(Entry("old", TimeProvider.System.GetUtcNow().AddDays(-500))));
        using var logs = LoggerFactory.Create(logging => logging.AddProvider(new QueueLoggerProvider(_lines)));
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var broken = new BrokenHours(time) { IsBroken = true };
        using var keeper = new HistoryKeeper(_storage, _directory, Admin(new KeepingOptions()), new SessionTokenOptions(), broken, logs.CreateLogger<HistoryKeeper>());
        await keeper.StartAsync(Cancellation);
        await Product.EventuallyAsync(() => Task.FromResult(_lines.Any(line => line.Contains("tried again within the hour", StringComparison.Ordinal) && line.Contains("scripted", StringComparison.Ordinal))), "it is told");
        Assert.Equal(["old"], await ObjectsAsync());

        broken.IsBroken = false;
        time.Advance(TimeSpan.FromHours(1));

        await Product.EventuallyAsync(async () => (await ObjectsAsync()) is ["audit"], "it is forgotten");
        await keeper.StopAsync(Cancellation);
    }

    /// <summary>A database that is up to date.</summary>
    private protected abstract Task<IDbContextFactory<StorageContext>> OpenAsync();

    /// <summary>Lets whatever is written to the audit log fail.</summary>
    private protected abstract string Breaking { get; }

    private protected abstract ValueTask CloseAsync();

    private static AuditRow Entry(string objectId, DateTimeOffset time) => new() { Time = time, Actor = "adm", Role = "admin", Action = "token.change", ObjectId = objectId };

    private static AdminOptions Admin(KeepingOptions keeping) => new() { AdminKeyHash = default, Keeping = keeping };

    private async Task KeepAsync(KeepingOptions keeping, int lifetime = 7 * 86400)
    {
        using var keeper = new HistoryKeeper(_storage, _directory, Admin(keeping), new SessionTokenOptions { MaxLifetimeSeconds = lifetime }, new FakeTimeProvider(Now), NullLogger<HistoryKeeper>.Instance);
        await keeper.KeepAsync(Cancellation);
    }

    private Task<List<string>> ObjectsAsync() => ReadAsync(context => context.Audit.OrderBy(row => row.Id).Select(row => row.ObjectId).ToListAsync(Cancellation));

    private async Task<T> ReadAsync<T>(Func<StorageContext, Task<T>> read)
    {
        await using var context = await _storage.CreateDbContextAsync(Cancellation);
        return await read(context);
    }

    private async Task ChangeAsync(Action<StorageContext> change)
    {
        await using var context = await _storage.CreateDbContextAsync(Cancellation);
        change(context);
        await context.SaveChangesAsync(Cancellation);
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var context = await _storage.CreateDbContextAsync(Cancellation);
        await context.Database.ExecuteSqlRawAsync(sql, Cancellation);
    }

    /// <summary>A clock of a test's, which may break in a way that nobody would think of.</summary>
    private sealed class BrokenHours(FakeTimeProvider time) : TimeProvider
    {
        private volatile bool _isBroken;

        public bool IsBroken
        {
            get => _isBroken;
            set => _isBroken = value;
        }

        public override DateTimeOffset GetUtcNow() => IsBroken ? throw new InvalidTimeZoneException("scripted") : time.GetUtcNow();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => time.CreateTimer(callback, state, dueTime, period);
    }
}

/// <summary>What is over, in the embedded store.</summary>
public sealed class HistoryKeeperOnSqliteTests : HistoryKeeperContract
{
    private TemporaryStorage _storage = null!;

    // A trigger's own refusal would look as one to delete what is referred to.
    private protected override string Breaking => "CREATE TRIGGER broken BEFORE INSERT ON audit BEGIN INSERT INTO settings (\"Name\") VALUES (NULL); END";

    private protected override async Task<IDbContextFactory<StorageContext>> OpenAsync() => _storage = await TemporaryStorage.CreateAsync();

    private protected override ValueTask CloseAsync()
    {
        _storage.Dispose();
        return default;
    }
}

/// <summary>What is over, on Postgres.</summary>
public sealed class HistoryKeeperOnPostgresTests : HistoryKeeperContract
{
    private TemporaryPostgres _postgres = null!;

    private protected override string Breaking => """
        CREATE FUNCTION break() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'broken'; END $$;
        CREATE TRIGGER broken BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION break()
        """;

    private protected override async Task<IDbContextFactory<StorageContext>> OpenAsync()
    {
        _postgres = await TemporaryPostgres.CreateAsync();
        return new CredentialProxy.Admin.Storage.PostgresStorageFactory(_postgres.Source);
    }

    private protected override ValueTask CloseAsync() => _postgres.DisposeAsync();
}
