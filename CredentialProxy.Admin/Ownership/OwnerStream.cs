using CredentialProxy.Core.Objects.Redis;
using StackExchange.Redis;

namespace CredentialProxy.Admin.Ownership;

/// <summary>The stream in Redis that changes of owners of stored objects come through. It has no group of readers: one control plane at a time reads it from its beginning, since the order counts.</summary>
internal sealed class OwnerStream(IDatabase database, ObjectKeys keys)
{
    /// <summary>Where entries go that can't be kept: for whoever looks into it.</summary>
    public RedisKey DeadLetters => keys.DeadLetters;

    /// <summary>How many entries there are.</summary>
    public Task<long> CountAsync() => database.StreamLengthAsync(keys.Changes);

    /// <summary>The oldest entries.</summary>
    public Task<StreamEntry[]> ReadAsync(int most) => database.StreamRangeAsync(keys.Changes, count: most);

    /// <summary>Removes entries that Postgres has.</summary>
    public Task RemoveAsync(RedisValue[] ids) => ids.Length == 0 ? Task.CompletedTask : database.StreamDeleteAsync(keys.Changes, ids);

    /// <summary>Puts an entry aside.</summary>
    public async Task BuryAsync(StreamEntry entry)
    {
        var transaction = database.CreateTransaction();
        _ = transaction.StreamAddAsync(keys.DeadLetters, [.. entry.Values, new NameValueEntry("entry", entry.Id)]);
        _ = transaction.StreamDeleteAsync(keys.Changes, [entry.Id]);
        await transaction.ExecuteAsync();
    }
}
