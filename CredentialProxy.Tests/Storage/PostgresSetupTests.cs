using System.Collections.Concurrent;
using CredentialProxy.Admin.Storage;
using CredentialProxy.Tests.Running;
using Npgsql;

namespace CredentialProxy.Tests.Storage;

public sealed class PostgresSetupTests
{
    [Fact]
    public async Task What_may_lose_usage_is_warned_of_by_name()
    {
        // The tests' own Postgres has all of it off.
        await using var storage = await TemporaryPostgres.CreateEmptyAsync();
        await using var connection = await storage.Source.OpenConnectionAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["fsync", "full_page_writes", "synchronous_commit"], await WarnedOfAsync(connection));
        await using (var command = new NpgsqlCommand("SET synchronous_commit = on", connection))
        {
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }
        Assert.Equal(["fsync", "full_page_writes"], await WarnedOfAsync(connection));
    }

    [Theory]
    [InlineData("14.13", true)]
    [InlineData("15.0", false)]
    [InlineData("18.1", false)]
    public void What_lacks_what_the_schema_uses_is_too_old(string version, bool isTooOld) => Assert.Equal(isTooOld, PostgresSetup.IsTooOld(Version.Parse(version)));

    private static async Task<IEnumerable<string>> WarnedOfAsync(NpgsqlConnection connection)
    {
        var lines = new ConcurrentQueue<string>();
        using var logs = new QueueLoggerProvider(lines);
        await PostgresSetup.WarnAsync(connection, logs.CreateLogger("test"), TestContext.Current.CancellationToken);
        return lines.Select(line => line.Split("[6011] Postgres has ")[1].Split(' ')[0]);
    }
}
