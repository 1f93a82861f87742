using System.Globalization;
using CredentialProxy.Core.Limits.Redis;
using StackExchange.Redis;

namespace CredentialProxy.Admin.Recording.Streams;

/// <summary>
/// The stream in Redis that usage comes through, read by one consumer of the group that all control planes share. It never waits in Redis for entries to come, which would hold up everybody
/// on the same connection.
/// </summary>
internal sealed class UsageStream(IConnectionMultiplexer redis, RedisQuotaOptions options, string consumer)
{
    /// <summary>Name of the group.</summary>
    public const string Group = "recorder";

    // Of a consumer that is gone nothing is left after this long but its name.
    private static readonly TimeSpan ForgetConsumer = TimeSpan.FromHours(1);

    private readonly IDatabase _database = redis.GetDatabase();
    private readonly RedisKey _stream = new RedisKeys(options.Name).Usage;

    private readonly RedisKey _epoch = new RedisKeys(options.Name).Epoch;

    /// <summary>Where entries go that can't be read: kept, for whoever looks into it.</summary>
    public RedisKey DeadLetters { get; } = new RedisKeys(options.Name).DeadLetters;

    /// <summary>How many entries there are.</summary>
    public Task<long> CountAsync() => _database.StreamLengthAsync(_stream);

    /// <summary>The oldest entry's id; null when there is none.</summary>
    public async Task<RedisValue?> OldestAsync() => await _database.StreamRangeAsync(_stream, count: 1) is [var first, ..] ? first.Id : (RedisValue?)null;

    /// <summary>How much memory Redis uses.</summary>
    public async Task<RedisMemory> MemoryAsync() => await RedisScripts.Shared.Memory.RunAsync(_database, [_epoch], []) is ["done", var used, var limit]
        ? new RedisMemory(long.Parse(used, CultureInfo.InvariantCulture), long.Parse(limit, CultureInfo.InvariantCulture))
        : RedisMemory.Unknown;

    /// <summary>Takes entries that nobody has taken yet.</summary>
    public Task<StreamEntry[]> TakeAsync(int most) => InGroupAsync(() => _database.StreamReadGroupAsync(_stream, Group, consumer, StreamPosition.NewMessages, most));

    /// <summary>Takes entries that somebody took and did not see to for so long.</summary>
    public async Task<StreamEntry[]> ClaimAsync(TimeSpan after, int most)
    {
        var claimed = await InGroupAsync(() => _database.StreamAutoClaimAsync(_stream, Group, consumer, (long)after.TotalMilliseconds, "0-0", most));
        foreach (var other in await _database.StreamConsumerInfoAsync(_stream, Group))
        {
            if (other.PendingMessageCount == 0 && other.IdleTimeInMilliseconds > ForgetConsumer.TotalMilliseconds && other.Name != consumer)
            {
                await _database.StreamDeleteConsumerAsync(_stream, Group, other.Name);
            }
        }
        return [.. claimed.ClaimedEntries.Where(entry => entry.Values is { Length: > 0 })];
    }

    /// <summary>Reads what there is, whoever has taken it.</summary>
    public Task<StreamEntry[]> ReadAsync(int most) => _database.StreamRangeAsync(_stream, count: most);

    /// <summary>Lets go of entries that are durable elsewhere, in one step: one that were only acknowledged would stay for ever.</summary>
    public Task RemoveAsync(RedisValue[] ids) => ids.Length == 0 ? Task.CompletedTask : InTransactionAsync(transaction => Remove(transaction, ids));

    /// <summary>Puts an entry aside.</summary>
    public Task BuryAsync(StreamEntry entry) => InTransactionAsync(transaction =>
    {
        _ = transaction.StreamAddAsync(DeadLetters, [.. entry.Values, new NameValueEntry("entry", entry.Id)]);
        Remove(transaction, [entry.Id]);
    });

    private void Remove(ITransaction transaction, RedisValue[] ids)
    {
        _ = transaction.StreamAcknowledgeAsync(_stream, Group, ids);
        _ = transaction.StreamDeleteAsync(_stream, ids);
    }

    private async Task InTransactionAsync(Action<ITransaction> write)
    {
        var transaction = _database.CreateTransaction();
        write(transaction);
        await transaction.ExecuteAsync();
    }

    private async Task<T> InGroupAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (RedisServerException e) when (e.Message.StartsWith("NOGROUP", StringComparison.Ordinal))
        {
            try
            {
                await _database.StreamCreateConsumerGroupAsync(_stream, Group, "0-0", createStream: true);
            }
            catch (RedisServerException busy) when (busy.Message.StartsWith("BUSYGROUP", StringComparison.Ordinal))
            {
                // Somebody else was faster.
            }
            return await ask();
        }
    }
}
