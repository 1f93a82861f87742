using CredentialProxy.Core.Objects;
using CredentialProxy.Core.Objects.Sqlite;
using CredentialProxy.Tests.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace CredentialProxy.Tests.Objects;

public sealed class SqliteObjectOwnersTests : IAsyncLifetime
{
    private static readonly StoredObject File1 = new("openai", "file", "file-1");

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero));
    private TemporaryStorage _storage = null!;
    private SqliteObjectOwners _owners = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _storage = await TemporaryStorage.CreateAsync();
        _owners = Open();
    }

    public async ValueTask DisposeAsync()
    {
        await _owners.DisposeAsync();
        _storage.Dispose();
    }

    [Fact]
    [Trait("threat", "fault-15")]
    public async Task An_object_belongs_to_its_owner_and_to_nobody_else()
    {
        await RememberAsync("token:a", File1);

        Assert.True(await OwnsAsync("token:a", File1));
        Assert.False(await OwnsAsync("token:b", File1));
        Assert.False(await OwnsAsync("project:a", File1));
        Assert.False(await OwnsAsync("token:a", File1 with { Id = "file-2" }));
        Assert.False(await OwnsAsync("token:a", File1 with { Id = "FILE-1" }));
        Assert.False(await OwnsAsync("token:a", File1 with { Kind = "batch" }));
        Assert.False(await OwnsAsync("token:a", File1 with { Provider = "anthropic" }));
        Assert.False(await OwnsAsync("token:a", File1 with { Id = "" }));
        Assert.False(await OwnsAsync("token:a", File1 with { Id = new string('x', StoredObject.MaxIdLength + 1) }));
    }

    [Fact]
    public async Task What_was_remembered_is_there_after_a_restart_and_what_was_forgotten_is_not()
    {
        var other = File1 with { Id = "file-2" };
        await RememberAsync("token:a", File1, other);
        await _owners.ForgetAsync("token:a", other, Cancellation);
        await _owners.DisposeAsync();
        _owners = Open();

        Assert.True(await OwnsAsync("token:a", File1));
        Assert.False(await OwnsAsync("token:a", other));
    }

    [Fact]
    public async Task Forgetting_is_seen_at_once_and_touches_nobody_else()
    {
        var other = File1 with { Id = "file-2" };
        await RememberAsync("token:a", File1);
        await RememberAsync("token:b", other);
        Assert.True(await OwnsAsync("token:a", File1));

        await _owners.ForgetAsync("token:b", File1, Cancellation);
        Assert.True(await OwnsAsync("token:a", File1));
        await _owners.ForgetAsync("token:a", File1, Cancellation);

        Assert.False(await OwnsAsync("token:a", File1));
        Assert.True(await OwnsAsync("token:b", other));
    }

    [Fact]
    [Trait("threat", "fault-15")]
    public async Task What_is_somebody_s_does_not_become_somebody_else_s_by_being_named()
    {
        var mine = File1 with { Id = "file-2" };
        await RememberAsync("token:a", File1);
        await RememberAsync("token:b", File1, mine);
        Assert.False(await OwnsAsync("token:b", File1));
        Assert.True(await OwnsAsync("token:b", mine));

        // Nor for whoever asks after a restart, when nothing is in memory.
        await _owners.DisposeAsync();
        _owners = Open();
        Assert.False(await OwnsAsync("token:b", File1));
        Assert.True(await OwnsAsync("token:a", File1));

        // An id of another provider's or kind is another object; and one that was forgotten is nobody's.
        await RememberAsync("token:b", File1 with { Provider = "anthropic" }, File1 with { Kind = "batch" });
        Assert.True(await OwnsAsync("token:b", File1 with { Provider = "anthropic" }));
        Assert.True(await OwnsAsync("token:b", File1 with { Kind = "batch" }));
        await _owners.ForgetAsync("token:a", File1, Cancellation);
        await RememberAsync("token:b", File1);
        Assert.True(await OwnsAsync("token:b", File1));
    }

    [Theory]
    [InlineData(0, 100)]
    [InlineData(31, 31)]
    [InlineData(365, 100)]
    public async Task An_object_is_forgotten_after_its_days_or_those_of_the_setting(int keptDays, int days)
    {
        await _owners.RememberAsync("token:a", [new OwnedObject(File1, keptDays)], Cancellation);

        _time.Advance(TimeSpan.FromDays(days) - TimeSpan.FromSeconds(1));
        Assert.True(await OwnsAsync("token:a", File1));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(await OwnsAsync("token:a", File1));

        // The next write sweeps it out of the file.
        await RememberAsync("token:a", File1 with { Id = "file-2" });
        await using var context = _storage.CreateDbContext();
        Assert.Equal("file-2", (await context.Objects.SingleAsync(Cancellation)).Id);
    }

    [Fact]
    [Trait("threat", "avail-4")]
    public async Task Of_more_than_an_owner_may_have_the_oldest_are_forgotten()
    {
        await RememberAsync("token:b", File1);
        for (var i = 0; i < 103; i++)
        {
            await RememberAsync("token:a", File1 with { Id = $"file-{i}" });
            _time.Advance(TimeSpan.FromMilliseconds(10));
        }
        _time.Advance(TimeSpan.FromMinutes(2));
        await RememberAsync("token:a", File1 with { Id = "last" });

        await using var context = _storage.CreateDbContext();
        var kept = await context.Objects.Where(row => row.Owner == "token:a").Select(row => row.Id).ToListAsync(Cancellation);
        Assert.Equal(100, kept.Count);
        Assert.Contains("last", kept);
        Assert.DoesNotContain("file-0", kept);
        Assert.True(await OwnsAsync("token:b", File1));
    }

    [Fact]
    public async Task Many_at_once_are_all_on_the_disk_when_they_are_done()
    {
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => RememberAsync($"token:{i % 7}", File1 with { Id = $"file-{i}" })));

        await using var context = _storage.CreateDbContext();
        Assert.Equal(200, await context.Objects.CountAsync(Cancellation));
    }

    [Fact]
    public async Task A_store_that_fails_is_told_and_works_again_afterwards()
    {
        await using (var context = _storage.CreateDbContext())
        {
            await context.Database.ExecuteSqlRawAsync("ALTER TABLE objects RENAME TO away", Cancellation);
        }
        await Assert.ThrowsAsync<ObjectOwnersUnavailableException>(() => RememberAsync("token:a", File1));
        await Assert.ThrowsAsync<ObjectOwnersUnavailableException>(async () => await OwnsAsync("token:a", File1));
        await using (var context = _storage.CreateDbContext())
        {
            await context.Database.ExecuteSqlRawAsync("ALTER TABLE away RENAME TO objects", Cancellation);
        }

        await RememberAsync("token:a", File1);
        Assert.True(await OwnsAsync("token:a", File1));
    }

    [Fact]
    public async Task After_the_end_nothing_is_remembered()
    {
        await _owners.DisposeAsync();
        await Assert.ThrowsAsync<ObjectOwnersUnavailableException>(() => RememberAsync("token:a", File1));
        _owners = Open();
    }

    [Fact]
    [Trait("threat", "key-7")]
    public async Task Another_s_object_is_looked_for_along_the_same_index_as_none()
    {
        await RememberAsync("token:a", File1);
        await using var context = _storage.CreateDbContext();
        var plan = await context.Database.SqlQueryRaw<string>("SELECT detail AS Value FROM pragma_table_info('objects') t, (SELECT group_concat(name) AS detail FROM pragma_index_info('sqlite_autoindex_objects_1')) LIMIT 1").SingleAsync(Cancellation);
        Assert.StartsWith("Owner,", plan, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("threat", "avail-5")]
    public async Task Whose_an_object_is_already_is_looked_up_along_an_index()
    {
        await using var context = _storage.CreateDbContext();
        var connection = context.Database.GetDbConnection();
        await connection.OpenAsync(Cancellation);
        await using var command = connection.CreateCommand();
        command.CommandText = "EXPLAIN QUERY PLAN SELECT 1 FROM objects WHERE Provider = 'p' AND Kind = 'k' AND Id = 'i' AND Owner <> 'o' AND ExpiresAt > 1";
        await using var plan = await command.ExecuteReaderAsync(Cancellation);
        Assert.True(await plan.ReadAsync(Cancellation));
        Assert.Contains("SEARCH objects USING INDEX IX_objects_Provider_Kind_Id", plan.GetString(3), StringComparison.Ordinal);
    }

    private SqliteObjectOwners Open() => new(_storage.Path, new ObjectOwnersOptions { KeptDays = 100, MaxPerOwner = 100 }, _time, NullLogger<SqliteObjectOwners>.Instance);

    private async Task RememberAsync(string owner, params StoredObject[] objects) => await _owners.RememberAsync(owner, [.. objects.Select(stored => new OwnedObject(stored, 0))], Cancellation);

    private async Task<bool> OwnsAsync(string owner, StoredObject stored) => await _owners.OwnsAsync(owner, stored, Cancellation);
}
