using CredentialProxy.Core.Objects.Redis;
using StackExchange.Redis;

namespace CredentialProxy.Admin.Ownership;

/// <summary>What is done in Redis to put owners back. Each step may be done any number of times.</summary>
internal sealed class LostOwners(IConnectionMultiplexer redis, ObjectKeys keys, TimeProvider time)
{
    /// <summary>Objects in one call: a few milliseconds of Redis' time.</summary>
    private const int AtOnce = 500;

    private readonly IDatabase _database = redis.GetDatabase();

    /// <summary>Whether Redis knows fewer changes of a process than came out of it.</summary>
    public async Task<bool> IsBehindAsync(IReadOnlyList<(string Instance, long Number)> numbers)
    {
        var present = await _database.StringGetAsync([.. numbers.Select(process => keys.Number(process.Instance))]);
        return numbers.Where((process, index) => (present[index].TryParse(out long number) ? number : 0) < process.Number).Any();
    }

    /// <summary>Removes what Redis still has: some of it may have been forgotten since. False when it is somebody else's by now: what is there then must stay.</summary>
    public async Task<bool> ClearAsync(string epoch)
    {
        foreach (var server in redis.GetServers().Where(server => server.IsConnected && !server.IsReplica))
        {
            foreach (var pattern in keys.AnyOwned)
            {
                await foreach (var some in Chunks(server.KeysAsync(_database.Database, pattern, pageSize: AtOnce)))
                {
                    if ((await OwnerScripts.Clear.RunAsync(_database, [keys.Epoch, .. some], [epoch]))[0] != "done")
                    {
                        return false;
                    }
                }
            }
        }
        return true;
    }

    /// <summary>Puts objects back, and how far processes have come; answers how many objects, or null when it is somebody else's by now.</summary>
    public async Task<int?> RestoreAsync(string epoch, IAsyncEnumerable<KnownObject> objects, IReadOnlyList<(string Instance, long Number)> numbers)
    {
        var count = 0;
        await foreach (var some in Chunks(objects))
        {
            if (!await RestoreAsync(epoch, some, []))
            {
                return null;
            }
            count += some.Count;
        }
        foreach (var some in numbers.Chunk(AtOnce))
        {
            if (!await RestoreAsync(epoch, [], some))
            {
                return null;
            }
        }
        return count;
    }

    private async Task<bool> RestoreAsync(string epoch, List<KnownObject> objects, IReadOnlyList<(string Instance, long Number)> numbers)
    {
        var names = new List<RedisKey> { keys.Epoch };
        var values = new List<RedisValue> { epoch, 0, 0, time.GetUtcNow().ToUnixTimeMilliseconds(), (long)OwnerLink.KeepNumber.TotalMilliseconds, objects.Count };
        foreach (var known in objects)
        {
            names.AddRange([keys.AllOf(known.Owner), keys.Claim(known.Stored), keys.Owned(known.Owner, known.Stored)]);
            values.AddRange([known.Owner, known.Since, known.Ends]);
        }
        foreach (var (instance, number) in numbers)
        {
            names.Add(keys.Number(instance));
            values.Add(number);
        }
        return (await OwnerScripts.Restore.RunAsync(_database, [.. names], [.. values]))[0] == "done";
    }

    private static async IAsyncEnumerable<List<T>> Chunks<T>(IAsyncEnumerable<T> all)
    {
        var some = new List<T>(AtOnce);
        await foreach (var one in all)
        {
            some.Add(one);
            if (some.Count == AtOnce)
            {
                yield return some;
                some = new List<T>(AtOnce);
            }
        }
        if (some.Count > 0)
        {
            yield return some;
        }
    }
}
