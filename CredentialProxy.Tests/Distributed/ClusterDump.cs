using System.Text;
using StackExchange.Redis;

namespace CredentialProxy.Tests.Distributed;

/// <summary>All that a cluster keeps, as text.</summary>
internal static class ClusterDump
{
    /// <summary>What Redis and Postgres hold.</summary>
    public static async Task<string> OfAsync(RunningCluster cluster)
    {
        var text = new StringBuilder(await OfRedisAsync(cluster));
        foreach (var table in await cluster.Postgres.QueryAsync<string>("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"))
        {
            text.AppendJoin('\n', await cluster.Postgres.QueryAsync<string>($"SELECT t::text FROM {table} t"));
        }
        return text.ToString();
    }

    /// <summary>What Redis holds.</summary>
    public static async Task<string> OfRedisAsync(RunningCluster cluster)
    {
        var text = new StringBuilder();
        await using var connection = await ConnectionMultiplexer.ConnectAsync(cluster.Redis.Address);
        var database = connection.GetDatabase();
        await foreach (var key in connection.GetServers()[0].KeysAsync())
        {
            // As it is kept, and in the form in which every kind of value can be read.
            text.AppendLine(key);
            RedisValue[] values = await database.KeyTypeAsync(key) switch
            {
                RedisType.String => [await database.StringGetAsync(key)],
                RedisType.Hash => [.. (await database.HashGetAllAsync(key)).SelectMany(entry => new[] { entry.Name, entry.Value })],
                RedisType.SortedSet => await database.SortedSetRangeByRankAsync(key),
                RedisType.Set => await database.SetMembersAsync(key),
                RedisType.List => await database.ListRangeAsync(key),
                RedisType.Stream => [.. (await database.StreamRangeAsync(key)).SelectMany(entry => entry.Values).SelectMany(entry => new[] { entry.Name, entry.Value })],
                var kind => throw new NotSupportedException($"{key} is a {kind}."),
            };
            text.AppendJoin('\n', values.Select(value => (string?)value)).AppendLine();
        }
        return text.ToString();
    }
}
