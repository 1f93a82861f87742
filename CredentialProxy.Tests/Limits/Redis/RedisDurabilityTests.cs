using CredentialProxy.Core.Limits.Redis;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Limits.Redis;

public sealed class RedisDurabilityTests
{
    [Fact]
    public async Task A_Redis_that_may_lose_accounts_is_warned_of_and_one_that_keeps_them_is_not()
    {
        await using var server = await RedisServer.StartAsync();
        Assert.Empty(await WrongAsync(server));
        await server.Database.ExecuteAsync("CONFIG", "SET", "appendonly", "no");
        await server.Database.ExecuteAsync("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
        Assert.Equal(["appendonly", "maxmemory-policy"], await WrongAsync(server));
        await using var store = await RedisQuotaStore.NewAsync(server, TimeProvider.System);
        await store.ForbidAsync("info");
        await store.OpenAuthority().OpenAsync(CancellationToken.None);
    }

    private static async Task<string[]> WrongAsync(RedisServer server) =>
        (await RedisScripts.Shared.Durability.RunAsync(server.Database, ["epoch"], []))[1..];
}
