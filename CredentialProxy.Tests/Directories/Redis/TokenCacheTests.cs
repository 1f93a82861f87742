using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Directories.Redis;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Tokens;

namespace CredentialProxy.Tests.Directories.Redis;

/// <summary>What is remembered of tokens, across changes.</summary>
public sealed class TokenCacheTests
{
    private static readonly TokenKey Known = TokenKey.Of("tok_1");
    private static readonly TokenKey Unknown = TokenKey.Of("tok_2");

    private readonly TokenCache _cache = new(new RedisDirectoryOptions { UnknownFor = TimeSpan.FromMinutes(1) }, TimeProvider.System);

    [Fact]
    [Trait("threat", "fault-16")]
    public void Nothing_of_before_a_change_is_found_in_the_state_after_it()
    {
        Keep();
        var before = _cache.State;

        _cache.Change(Changed());

        Assert.Equal(before + 1, _cache.State);
        Assert.Equal((false, false), (_cache.TryGet(Known, out _), _cache.IsUnknown(Unknown)));

        IEnumerable<TokenKey> Changed()
        {
            yield return Known;
            yield return Unknown;
            // Whoever looks now, without a lock, must not take this for the new state: it was still there a moment ago.
            Assert.Equal(before, _cache.State);
        }
    }

    [Fact]
    public void What_was_not_found_is_forgotten_with_a_change_and_what_was_read_before_it_is_not_kept_after_it()
    {
        Keep();
        var before = _cache.State;

        _cache.Change([], forgetsUnknown: true);

        Assert.Equal((true, false), (_cache.TryGet(Known, out _), _cache.IsUnknown(Unknown)));
        _cache.Keep(Unknown, null, before);
        Assert.False(_cache.IsUnknown(Unknown));
    }

    private void Keep()
    {
        var row = new TokenRow { Id = "tok_1", Kind = "proxy", Hash = TokenHash.Of("ptk_one").ToString(), LastFour = "abcd", CreatedAt = DateTimeOffset.UnixEpoch };
        _cache.Keep(Known, new CachedToken(row, StoredGrant.Read(row, [], Features.None), 0), _cache.State);
        _cache.Keep(Unknown, null, _cache.State);
        Assert.Equal((true, true), (_cache.TryGet(Known, out _), _cache.IsUnknown(Unknown)));
    }
}
