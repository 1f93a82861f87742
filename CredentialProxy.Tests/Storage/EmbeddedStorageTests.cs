using CredentialProxy.Core.Storage;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Tests.Storage;

public sealed class EmbeddedStorageTests : IDisposable
{
    private readonly TemporaryStorage _storage = new();

    public void Dispose() => _storage.Dispose();

    [Fact]
    public async Task The_files_are_readable_for_their_owner_alone()
    {
        await _storage.MigrateAsync();
        await _storage.ChangeAsync(context => context.Settings.Add(new SettingRow { Name = "n", Value = "v" }));

        Assert.All(
            Directory.GetFiles(Path.GetDirectoryName(_storage.Path)!),
            file => Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(file) == (UnixFileMode.UserRead | UnixFileMode.UserWrite), file));
    }

    [Fact]
    public async Task A_second_start_keeps_what_the_first_one_wrote()
    {
        var time = new DateTimeOffset(2026, 11, 24, 12, 0, 0, 123, TimeSpan.FromHours(2));
        await _storage.MigrateAsync();
        await _storage.ChangeAsync(context => context.Projects.Add(new ProjectRow { Id = "p", Name = "n", CreatedAt = time }));

        await _storage.MigrateAsync();

        await using var context = _storage.CreateDbContext();
        var row = await context.Projects.SingleAsync(TestContext.Current.CancellationToken);
        Assert.Equal(("p", "n", time), (row.Id, row.Name, row.CreatedAt));
        Assert.False(context.Database.HasPendingModelChanges());
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_refused_and_left_as_it_is()
    {
        var text = string.Concat(Enumerable.Repeat("this is no database. ", 100));
        await File.WriteAllTextAsync(_storage.Path, text, TestContext.Current.CancellationToken);

        var error = await Assert.ThrowsAsync<InvalidDataException>(_storage.MigrateAsync);

        Assert.Contains(_storage.Path, error.Message, StringComparison.Ordinal);
        Assert.Equal(text, await File.ReadAllTextAsync(_storage.Path, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_database_of_a_later_version_is_refused()
    {
        await _storage.MigrateAsync();
        await using (var context = _storage.CreateDbContext())
        {
            await context.Database.ExecuteSqlRawAsync("INSERT INTO __EFMigrationsHistory VALUES ('29991231000000_Later', '99.0.0')", TestContext.Current.CancellationToken);
        }

        var error = await Assert.ThrowsAsync<InvalidDataException>(_storage.MigrateAsync);

        Assert.Contains("later version", error.Message, StringComparison.Ordinal);
    }
}
