using System.Security.Cryptography;
using BitFaster.Caching.Lru;
using CredentialProxy.Core.Limits.Redis;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace CredentialProxy.Core.Objects.Redis;

/// <summary>
/// The owners of objects in Redis, for any number of gateways. What was found is kept in bounded memory for a moment only, since another gateway or the control plane may have it
/// forgotten. Redis is not what keeps them: each change leaves by a stream to Postgres, out of which the control plane puts back what Redis loses. Until it has, nobody is told anything.
/// </summary>
public sealed class RedisObjectOwners : IObjectOwners, IAsyncDisposable
{
    /// <summary>How long what was found is taken as still so.</summary>
    private static readonly TimeSpan KnownFor = TimeSpan.FromMilliseconds(500);

    private readonly IDatabase _database;
    private readonly ObjectKeys _keys;
    private readonly ObjectOwnersOptions _options;
    private readonly TimeProvider _time;
    private readonly string _instance = RandomNumberGenerator.GetHexString(16, lowercase: true);
    private readonly RedisOwnerWriter _writer;

    // Until when an object is its owner's, and when that was found.
    private readonly ConcurrentLru<(string Owner, StoredObject Stored), (long Ends, long FoundAt)> _known;
    private long _forgets;

    /// <summary>Owners on a connection, which they do not own.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="quotas">Settings of the same Redis: the first part of every key, and whether empty owners may be begun with.</param>
    /// <param name="options">Settings.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    public RedisObjectOwners(IConnectionMultiplexer connection, RedisQuotaOptions quotas, ObjectOwnersOptions options, TimeProvider time, ILogger<RedisObjectOwners> logger)
    {
        (_database, _keys, _options, _time) = (connection.GetDatabase(), new ObjectKeys(quotas.Name), options, time);
        _known = new(Environment.ProcessorCount, options.CacheSize, EqualityComparer<(string, StoredObject)>.Default);
        _writer = new RedisOwnerWriter(connection, _keys, _instance, options, quotas.BeginsEmpty, time, logger);
    }

    /// <summary>How many changes are kept until Postgres has them.</summary>
    public int KeptChanges => _writer.KeptCount;

    private long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <inheritdoc/>
    public async ValueTask<bool> OwnsAsync(string owner, StoredObject stored, CancellationToken cancellationToken)
    {
        if (stored.Id.Length is 0 or > StoredObject.MaxIdLength)
        {
            return false;
        }
        if (_known.TryGet((owner, stored), out var known) && _time.GetElapsedTime(known.FoundAt) < KnownFor)
        {
            return known.Ends > Now;
        }
        // Read first: what is forgotten while we look must not be kept as known.
        var forgets = Volatile.Read(ref _forgets);
        var ends = await FindAsync(owner, stored, cancellationToken);
        if (ends is { } end && forgets == Volatile.Read(ref _forgets))
        {
            _known.AddOrUpdate((owner, stored), (end, _time.GetTimestamp()));
        }
        return ends > Now;
    }

    /// <inheritdoc/>
    public async ValueTask RememberAsync(string owner, IReadOnlyList<OwnedObject> objects, CancellationToken cancellationToken)
    {
        var now = Now;
        var change = new WaitingChange(owner, [.. objects.Select(owned => new WaitingChange.Row(owned.Stored, now + EndOf(owned)))], now);
        await _writer.WriteAsync(change, cancellationToken);
        foreach (var row in change.Rows)
        {
            if (!change.Taken.Contains(row.Stored))
            {
                _known.AddOrUpdate((owner, row.Stored), (row.Ends, _time.GetTimestamp()));
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask ForgetAsync(string owner, StoredObject stored, CancellationToken cancellationToken)
    {
        try
        {
            await _writer.WriteAsync(new WaitingChange(owner, [new WaitingChange.Row(stored, 0)], Now), cancellationToken);
        }
        finally
        {
            // If it could not be written now, it will be.
            Interlocked.Increment(ref _forgets);
            _known.TryRemove((owner, stored));
        }
    }

    /// <summary>Writes what waits.</summary>
    public ValueTask DisposeAsync() => _writer.DisposeAsync();

    // What is not there may have been lost. So it is believed of a Redis alone that is in our epoch and has all that we wrote; where it seems otherwise the writer finds out.
    private async ValueTask<long?> FindAsync(string owner, StoredObject stored, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < 2; attempt++)
        {
            // Before Redis is asked: it must have at least these.
            var (epoch, number) = (_writer.Link.Epoch, _writer.Link.Number);
            var found = await ReadAsync([_keys.Epoch, _keys.Number(_instance), _keys.Owned(owner, stored)]);
            if (epoch.Length > 0 && found[0] == epoch && (found[1].TryParse(out long present) ? present : 0) >= number)
            {
                return (long?)found[2];
            }
            await _writer.WriteAsync(WaitingChange.Look(), cancellationToken);
        }
        throw new ObjectOwnersUnavailableException("Who made which object changes in Redis at the moment.");
    }

    private async Task<RedisValue[]> ReadAsync(RedisKey[] keys)
    {
        try
        {
            return await _database.StringGetAsync(keys);
        }
        catch (Exception e) when (RedisFailures.IsUnavailable(e))
        {
            throw new ObjectOwnersUnavailableException("Who made which object can't be read in Redis.", e);
        }
    }

    private long EndOf(in OwnedObject owned) => (long)TimeSpan.FromDays(owned.KeptDays == 0 ? _options.KeptDays : Math.Min(owned.KeptDays, _options.KeptDays)).TotalMilliseconds;
}
