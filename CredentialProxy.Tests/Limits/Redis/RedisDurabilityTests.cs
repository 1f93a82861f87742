using System.Collections.Concurrent;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Limits.Redis;
using CredentialProxy.Tests.Running;
using Microsoft.Extensions.Logging;

namespace CredentialProxy.Tests.Limits.Redis;

/// <summary>A Redis that may forget what was spent is not used.</summary>
public sealed class RedisDurabilityTests
{
    [Fact]
    public async Task A_Redis_that_may_lose_accounts_is_refused_with_what_to_set_and_used_once_it_is_set()
    {
        await using var server = await RedisServer.StartAsync();
        await using var store = await RedisQuotaStore.NewAsync(server, TimeProvider.System);
        var authority = store.OpenAuthority();
        await SetAsync(server, "maxmemory-policy", "allkeys-lru");
        await SetAsync(server, "appendonly", "no");
        await RefusedAsync("its maxmemory-policy is 'allkeys-lru'", "Set 'maxmemory-policy noeviction' there");
        await SetAsync(server, "maxmemory-policy", "noeviction");
        await RefusedAsync("it appends to no file", "Set 'appendonly yes' and 'appendfsync always' there; or set Redis:RequiresAppendOnly to false");
        await SetAsync(server, "appendonly", "yes");
        await SetAsync(server, "appendfsync", "no");
        await RefusedAsync("its appendfsync is 'no'", "Set 'appendfsync always' there; or set Redis:RequiresAppendOnly to false");
        await SetAsync(server, "appendfsync", "always");

        Assert.Null(await authority.FindSetupMistakeAsync(CancellationToken.None));
        await authority.OpenAsync(CancellationToken.None);
        Assert.Null(authority.SetupMistake);

        async Task RefusedAsync(params string[] words)
        {
            var mistake = await authority.FindSetupMistakeAsync(CancellationToken.None);
            Assert.All(words, word => Assert.Contains(word, mistake, StringComparison.Ordinal));
            // Nothing fails open: whoever did not look at the start is refused as well.
            var refusal = await Assert.ThrowsAsync<QuotaAuthorityUnavailableException>(() => authority.OpenAsync(CancellationToken.None).AsTask());
            Assert.Equal((mistake, mistake), (refusal.Message, authority.SetupMistake));
        }
    }

    [Fact]
    public async Task A_setting_allows_a_Redis_that_appends_to_no_file()
    {
        await using var server = await RedisServer.StartAsync();
        await SetAsync(server, "appendonly", "no");
        await using var store = await RedisQuotaStore.NewAsync(server, TimeProvider.System, new RedisQuotaOptions { RequiresAppendOnly = false });
        await store.OpenAuthority().OpenAsync(CancellationToken.None);
    }

    [Theory]
    [InlineData("always", 0)]
    [InlineData("everysec", 1)]
    public async Task A_Redis_that_has_its_file_on_the_disk_later_is_used_and_that_is_said(string flush, int warnings)
    {
        await using var server = await RedisServer.StartAsync();
        await SetAsync(server, "appendfsync", flush);
        await using var store = await RedisQuotaStore.NewAsync(server, TimeProvider.System);
        var lines = new ConcurrentQueue<string>();
        using var logs = new LoggerFactory([new QueueLoggerProvider(lines)]);
        await using var authority = new RedisQuotaAuthority(store.Connection, new RedisQuotaOptions { Name = store.User, BeginsEmpty = true }, TimeProvider.System, logs.CreateLogger<RedisQuotaAuthority>());
        await authority.OpenAsync(CancellationToken.None);
        Assert.Equal(warnings, lines.Count(line => line.StartsWith("Warning", StringComparison.Ordinal) && line.Contains("'appendfsync everysec'", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("info")]
    // Which managed services forbid.
    [InlineData("config")]
    public async Task A_Redis_that_does_not_let_itself_be_asked_is_believed(string command)
    {
        await using var server = await RedisServer.StartAsync();
        await using var store = await RedisQuotaStore.NewAsync(server, TimeProvider.System);
        await store.ForbidAsync(command);
        await store.OpenAuthority().OpenAsync(CancellationToken.None);
    }

    [Fact]
    public async Task A_connection_string_may_keep_it_from_being_asked()
    {
        await using var server = await RedisServer.StartAsync();
        await using var store = await RedisQuotaStore.NewAsync(server, TimeProvider.System);
        await store.ConnectAsync(server.Address + ",$CONFIG=");
        await store.OpenAuthority().OpenAsync(CancellationToken.None);
    }

    [Theory]
    [InlineData("6.2.14", false)]
    [InlineData("7.0.0", true)]
    [InlineData("8.2.1", true)]
    [InlineData("", true)]
    public void A_Redis_that_is_too_old_is_refused(string version, bool isTaken)
    {
        var mistake = new RedisSetup(version, "noeviction", "1", "always").Mistake(requiresAppendOnly: true);
        Assert.Equal(isTaken ? null : "Redis can't hold the accounts: it is version 6.2.14 and must be 7.0 or later.", mistake);
    }

    private static async Task SetAsync(RedisServer server, string setting, string value) => await server.Database.ExecuteAsync("CONFIG", "SET", setting, value);
}
