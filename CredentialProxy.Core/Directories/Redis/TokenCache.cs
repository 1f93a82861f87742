using BitFaster.Caching.Lru;

namespace CredentialProxy.Core.Directories.Redis;

/// <summary>
/// Tokens that were looked up, found ones and others apart, in bounded memory. What was read before a change must not be kept after it: an entry names the state that it was read in, and comes
/// in only while that is the present one.
/// </summary>
internal sealed class TokenCache(RedisDirectoryOptions options, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly ConcurrentLru<TokenKey, CachedToken> _known = new(Environment.ProcessorCount, options.GrantCacheSize, EqualityComparer<TokenKey>.Default);
    private readonly ConcurrentLru<TokenKey, long> _unknown = new(Environment.ProcessorCount, options.UnknownCacheSize, EqualityComparer<TokenKey>.Default);
    private long _state; // written under the lock

    /// <summary>The present state: rises with every change.</summary>
    public long State => Volatile.Read(ref _state);

    /// <summary>Tokens kept, found ones.</summary>
    public int Count => _known.Count;

    /// <summary>Tokens kept as unknown.</summary>
    public int UnknownCount => _unknown.Count;

    /// <summary>What is looked up by which key.</summary>
    public IReadOnlyList<KeyValuePair<TokenKey, CachedToken>> All => [.. _known];

    public bool TryGet(TokenKey key, out CachedToken? token) => _known.TryGet(key, out token);

    /// <summary>Whether a token was not found a moment ago.</summary>
    public bool IsUnknown(TokenKey key) => _unknown.TryGet(key, out var since) && time.GetElapsedTime(since) < options.UnknownFor;

    /// <summary>Keeps what was found in a state; null for a token that there is not.</summary>
    public void Keep(TokenKey key, CachedToken? token, long state)
    {
        lock (_lock)
        {
            if (_state != state)
            {
                return;
            }
            if (token is null)
            {
                _unknown.AddOrUpdate(key, time.GetTimestamp());
            }
            else
            {
                _unknown.TryRemove(key);
                _known.AddOrUpdate(key, token);
            }
        }
    }

    /// <summary>A new state, in which these are to be looked up anew, and where asked for all that were not found.</summary>
    public void Change(IEnumerable<TokenKey> changed, bool forgetsUnknown = false)
    {
        lock (_lock)
        {
            foreach (var key in changed)
            {
                _known.TryRemove(key);
                _unknown.TryRemove(key);
            }
            if (forgetsUnknown)
            {
                _unknown.Clear();
            }
            // Last: readers take no lock, and one who saw the new state and found here what was before it would take that for good until the next change.
            Volatile.Write(ref _state, _state + 1);
        }
    }
}
