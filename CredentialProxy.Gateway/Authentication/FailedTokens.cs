using System.Net;
using BitFaster.Caching.Lru;
using CredentialProxy.Core.Judging;
using CredentialProxy.Core.Tokens;
using CredentialProxy.Gateway.Connections;

namespace CredentialProxy.Gateway.Authentication;

/// <summary>
/// Keeps an address from having more than a few tokens a second looked at that prove nothing. Failures of an address fill a vessel that empties steadily; while it
/// is full, a token is looked at only when it comes again, as a client's does that was told to retry and a guesser's does not; and the oftener it has come, the less others are in its way, so that a
/// guesser who sends each guess twice is passed by whoever comes a third time. So who shares an address with a guesser gets a new token through after a moment. Tokens that are known never come here.
/// </summary>
internal sealed class FailedTokens(GatewayOptions options, ClientAddresses addresses, TimeProvider time)
{
    /// <summary>Addresses kept; those seen least recently are forgotten.</summary>
    private const int MaxAddresses = 10_000;

    /// <summary>Of the measure that tokens have that come again, what is open to those that come a second time, and how much more each further time; all of it to those that come a seventh.</summary>
    private const double SecondTimeShare = 0.5;
    private const double EachTimeShare = 0.1;

    /// <summary>In how many seconds a full vessel is empty.</summary>
    private const double EmptySeconds = 10;

    private static readonly Refusal Wait = new(
        RefusalCode.TooManyFailures, "Too many tokens that are not valid came from this address. If yours is new and valid, try again in a second.")
    { RetryAfter = TimeSpan.FromSeconds(1) };

    private readonly ConcurrentLru<IPAddress, Vessel> _vessels = new(MaxAddresses);
    private readonly RepeatedTokens _repeated = new(time);

    /// <summary>Refuses to look at a token; null when it may be looked at.</summary>
    public Refusal? Refuse(HttpContext context, TokenHash hash)
    {
        if (addresses.NetworkOf(context) is not { } address || !_vessels.TryGet(address, out var vessel))
        {
            return null;
        }
        var level = vessel.Level(time, options.MaxFailedTokensPerAddress / EmptySeconds);
        if (level < options.MaxFailedTokensPerAddress)
        {
            return null;
        }
        // They have a measure of their own, so that they are bounded as well.
        var times = _repeated.Times(hash);
        if (times < 2 || level >= options.MaxFailedTokensPerAddress * (1 + Math.Min(1, SecondTimeShare + (EachTimeShare * (times - 2)))))
        {
            return Wait;
        }
        // Should it prove nothing, it begins anew.
        _repeated.Forget(hash);
        return null;
    }

    /// <summary>Notes that a token was looked at and proved nothing.</summary>
    public void Note(HttpContext context)
    {
        if (addresses.NetworkOf(context) is { } address)
        {
            _vessels.GetOrAdd(address, static _ => new Vessel()).Add(time, options.MaxFailedTokensPerAddress / EmptySeconds);
        }
    }

    private sealed class Vessel
    {
        private readonly Lock _lock = new();
        private double _level; // guarded by _lock
        private long _timestamp; // guarded by _lock

        public double Level(TimeProvider time, double perSecond)
        {
            lock (_lock)
            {
                return LevelNow(time, time.GetTimestamp(), perSecond);
            }
        }

        public void Add(TimeProvider time, double perSecond)
        {
            lock (_lock)
            {
                var now = time.GetTimestamp();
                _level = LevelNow(time, now, perSecond) + 1;
                _timestamp = now;
            }
        }

        private double LevelNow(TimeProvider time, long now, double perSecond) =>
            _timestamp == 0 ? _level : Math.Max(0, _level - (time.GetElapsedTime(_timestamp, now).TotalSeconds * perSecond));
    }
}
