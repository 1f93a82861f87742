using CredentialProxy.Core.Objects;
using CredentialProxy.Core.Objects.Sqlite;
using CredentialProxy.Tests.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;

namespace CredentialProxy.Tests.Objects;

public sealed class SqliteObjectOwnersTests : ObjectOwnersContract
{
    private TemporaryStorage _storage = null!;
    private SqliteObjectOwners _owners = null!;

    protected override IObjectOwners Owners => _owners;

    public override async ValueTask InitializeAsync()
    {
        _storage = await TemporaryStorage.CreateAsync();
        _owners = Open();
    }

    public override async ValueTask DisposeAsync()
    {
        await _owners.DisposeAsync();
        _storage.Dispose();
    }

    protected override async Task RestartAsync()
    {
        await _owners.DisposeAsync();
        _owners = Open();
    }

    [Theory]
    [InlineData(0, 100)]
    [InlineData(31, 31)]
    [InlineData(365, 100)]
    public async Task An_object_is_out_of_the_file_after_its_days_or_those_of_the_setting(int keptDays, int days)
    {
        await _owners.RememberAsync("token:a", [new OwnedObject(File1, keptDays)], Cancellation);

        Time.Advance(TimeSpan.FromDays(days) - TimeSpan.FromSeconds(1));
        Assert.True(await OwnsAsync("token:a", File1));
        Time.Advance(TimeSpan.FromSeconds(1));
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
            Time.Advance(TimeSpan.FromMilliseconds(10));
        }
        Time.Advance(TimeSpan.FromMinutes(2));
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

    private SqliteObjectOwners Open() => new(_storage.Path, Options, Time, NullLogger<SqliteObjectOwners>.Instance);
}
