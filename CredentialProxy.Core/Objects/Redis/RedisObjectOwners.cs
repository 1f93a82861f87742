using System.Globalization;
using BitFaster.Caching.Lru;
using CredentialProxy.Core.Limits.Redis;
using StackExchange.Redis;

namespace CredentialProxy.Core.Objects.Redis;

/// <summary>
/// The owners of objects in Redis, for any number of gateways. What was found is kept in bounded memory for a moment only, since another gateway or the control plane may have it
/// forgotten. It is as durable as the accounts in the same Redis.
/// </summary>
public sealed class RedisObjectOwners : IObjectOwners
{
    /// <summary>How long what was found is taken as still so.</summary>
    private static readonly TimeSpan KnownFor = TimeSpan.FromMilliseconds(500);

    private static readonly RedisScript Remember = Load("remember");
    private static readonly RedisScript Forget = Load("forget");

    private readonly IDatabase _database;
    private readonly ObjectKeys _keys;
    private readonly ObjectOwnersOptions _options;
    private readonly TimeProvider _time;

    // Until when an object is its owner's, and when that was found.
    private readonly ConcurrentLru<(string Owner, StoredObject Stored), (long Ends, long FoundAt)> _known;
    private long _forgets;

    /// <summary>Owners on a connection, which they do not own.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="name">First part of every key.</param>
    /// <param name="options">Settings.</param>
    /// <param name="time">The clock.</param>
    public RedisObjectOwners(IConnectionMultiplexer connection, string name, ObjectOwnersOptions options, TimeProvider time)
    {
        (_database, _keys, _options, _time) = (connection.GetDatabase(), new ObjectKeys(name), options, time);
        _known = new(Environment.ProcessorCount, options.CacheSize, EqualityComparer<(string, StoredObject)>.Default);
    }

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
        var ends = (long?)await CallAsync(() => _database.StringGetAsync(_keys.Owned(owner, stored)));
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
        var keys = new List<RedisKey> { _keys.AllOf(owner) };
        var values = new List<RedisValue> { owner, now, _options.MaxPerOwner };
        foreach (var owned in objects)
        {
            keys.AddRange([_keys.Claim(owned.Stored), _keys.Owned(owner, owned.Stored)]);
            values.Add(now + EndOf(owned));
        }
        var reply = await CallAsync(() => Remember.RunAsync(_database, [.. keys], [.. values]));
        var taken = reply[1..].Select(number => int.Parse(number, CultureInfo.InvariantCulture)).ToHashSet();
        for (var i = 0; i < objects.Count; i++)
        {
            if (!taken.Contains(i))
            {
                _known.AddOrUpdate((owner, objects[i].Stored), (now + EndOf(objects[i]), _time.GetTimestamp()));
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask ForgetAsync(string owner, StoredObject stored, CancellationToken cancellationToken)
    {
        await CallAsync(() => Forget.RunAsync(_database, [_keys.AllOf(owner), _keys.Claim(stored), _keys.Owned(owner, stored)], [owner]));
        Interlocked.Increment(ref _forgets);
        _known.TryRemove((owner, stored));
    }

    private static async Task<T> CallAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (Exception e) when (RedisFailures.IsUnavailable(e))
        {
            throw new ObjectOwnersUnavailableException("Who made which object can't be read or written in Redis.", e);
        }
    }

    private long EndOf(in OwnedObject owned) => (long)TimeSpan.FromDays(owned.KeptDays == 0 ? _options.KeptDays : Math.Min(owned.KeptDays, _options.KeptDays)).TotalMilliseconds;

    private static RedisScript Load(string name)
    {
        using var stream = typeof(RedisObjectOwners).Assembly.GetManifestResourceStream($"objects.{name}.lua") ?? throw new InvalidOperationException($"{name}.lua is not in the assembly.");
        using var reader = new StreamReader(stream);
        return new RedisScript(reader.ReadToEnd());
    }
}
