using System.Globalization;
using StackExchange.Redis;

namespace CredentialProxy.Core.Limits.Redis;

/// <summary>
/// What everything is called in Redis. All keys share one hash tag: one call concerns a token, its project, a credential and whoever else waits, and has to
/// be one script on one node of a cluster.
/// </summary>
internal sealed class RedisKeys
{
    // By the numbers of the enums. Kept for good in what is stored: a new one goes to the end.
    private static readonly string[] Units = ["tokens", "usd", "requests", "concurrent"];
    private static readonly string[] Windows = ["lifetime", "month", "day", "hour", "minute", "second"];

    // So few that what thousands of requests a second leave behind is forgotten in a moment.
    private const int SettledSeconds = 10;

    private readonly string _prefix;
    private readonly string _counter;

    public RedisKeys(string name)
    {
        _prefix = name + ":{quota}:";
        _counter = _prefix + "counter:";
        Epoch = _prefix + "epoch";
        Holders = _prefix + "holders";
        Dead = _prefix + "dead";
        Seen = _prefix + "seen";
        Usage = _prefix + "usage";
        Began = _prefix + "rebuilding";
        DeadLetters = _prefix + "unreadable";
    }

    /// <summary>Names these accounts: another one means that they were lost.</summary>
    public RedisKey Epoch { get; }

    /// <summary>The living holders by the moment at which they expire.</summary>
    public RedisKey Holders { get; }

    /// <summary>Holders that have expired and whose leases are not all closed.</summary>
    public RedisKey Dead { get; }

    /// <summary>When any holder's heart last beat.</summary>
    public RedisKey Seen { get; }

    /// <summary>The stream of usage records.</summary>
    public RedisKey Usage { get; }

    /// <summary>When rebuilding began, while it is under way.</summary>
    public RedisKey Began { get; }

    /// <summary>What the keys of all counters look like.</summary>
    public RedisValue AnyCounter => _counter + "*";

    /// <summary>The stream of what came through that one and could not be read.</summary>
    public RedisKey DeadLetters { get; }

    /// <summary>What the keys of all holders' leases look like.</summary>
    public RedisValue AnyLeases => _prefix + "leases:*";

    /// <summary>The holder whose leases these are.</summary>
    public string HolderOf(RedisKey leases) => leases.ToString()[(_prefix.Length + "leases:".Length)..];

    /// <summary>What a holder has leased, by limit and counter.</summary>
    public RedisKey Leases(string holder) => _prefix + "leases:" + holder;

    /// <summary>The last call for leases of an instance, under whatever holder, and its answer.</summary>
    public RedisKey Answer(string instance) => _prefix + "answer:" + instance;

    /// <summary>What an instance had leased as holders that have expired: it counts as spent.</summary>
    public RedisKey Paid(string instance) => _prefix + "paid:" + instance;

    /// <summary>How many calls of an instance have changed something.</summary>
    public RedisKey Mark(string instance) => _prefix + "mark:" + instance;

    /// <summary>The requests that are settled of those that ended within the same few seconds. One key for many, so that each takes little memory, and all of them go at once.</summary>
    public RedisKey Settled(long period) => _prefix + "settled:" + period.ToString(CultureInfo.InvariantCulture);

    /// <summary>The few seconds that a request ended in.</summary>
    public static long PeriodOf(DateTimeOffset ended) => ended.ToUnixTimeSeconds() / SettledSeconds;

    /// <summary>A counter in one window; in a sliding one, with all its buckets.</summary>
    public RedisKey Counter(CounterKey key, long start) => Counter(NameOf(new CounterInstance(key, start)));

    /// <summary>The counter of a name.</summary>
    public RedisKey Counter(string name) => _counter + name;

    /// <summary>The name of a counter without what all of them begin with.</summary>
    public static string NameOf(CounterInstance counter) =>
        string.Create(CultureInfo.InvariantCulture, $"{Units[(int)counter.Key.Unit]}:{Windows[(int)counter.Key.Window]}:{counter.Start}:{counter.Key.Account.Value}");

    /// <summary>The name of a counter whose key this is.</summary>
    public string NameOf(RedisKey counter) => counter.ToString()[_counter.Length..];

    /// <summary>A lease as it is called among those of its holder.</summary>
    public string Lease(long limit, CounterInstance counter) => string.Create(CultureInfo.InvariantCulture, $"{limit} {_counter}{NameOf(counter)}");

    /// <summary>Reads the name of a lease, which is its limit and the key of its counter.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public (string Limit, CounterInstance Counter) ParseLease(string lease) =>
        TryParseLease(lease, out var limit, out var counter) ? (limit, counter) : throw new FormatException("The lease has no name that this version knows.");

    /// <summary>The same, false for a name that this version does not know.</summary>
    public bool TryParseLease(string lease, out string limit, out CounterInstance counter)
    {
        var space = lease.IndexOf(' ', StringComparison.Ordinal);
        limit = space > 0 ? lease[..space] : "";
        counter = default;
        return space > 0 && lease.AsSpan(space + 1).StartsWith(_counter, StringComparison.Ordinal) && TryParseCounter(lease[(space + 1 + _counter.Length)..], out counter);
    }

    /// <summary>The name of the counter of a lease, by the lease's own name; null where that names none of these accounts.</summary>
    public string? CounterOf(string lease)
    {
        var key = lease[(lease.IndexOf(' ', StringComparison.Ordinal) + 1)..];
        return key.StartsWith(_counter, StringComparison.Ordinal) ? NameOf((RedisKey)key) : null;
    }

    /// <summary>Reads the name of a counter without what all of them begin with.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static CounterInstance ParseCounter(string name) =>
        TryParseCounter(name, out var counter) ? counter : throw new FormatException("The counter has no name that this version knows.");

    /// <summary>The same, false for a name that this version does not know.</summary>
    public static bool TryParseCounter(string name, out CounterInstance counter)
    {
        // An account may hold anything, colons and spaces too, and is last.
        var parts = name.Split(':', 4);
        var (unit, window) = parts.Length == 4 ? (Array.IndexOf(Units, parts[0]), Array.IndexOf(Windows, parts[1])) : (-1, -1);
        var start = 0L;
        var isKnown = unit >= 0 && window >= 0 && long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out start);
        counter = isKnown ? new CounterInstance(new CounterKey(new AccountId(parts[3]), (LimitUnit)unit, (LimitWindow)window), start) : default;
        return isKnown;
    }
}
