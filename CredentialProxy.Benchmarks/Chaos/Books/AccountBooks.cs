using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Limits.Redis;
using StackExchange.Redis;

namespace CredentialProxy.Benchmarks.Chaos.Books;

/// <summary>The accounts as Redis has them, after everything has come to rest. Counters go by unit and account.</summary>
internal sealed record AccountBooks
{
    private static readonly RedisKeys Keys = new("cp");

    public required IReadOnlyDictionary<string, AccountState> Counters { get; init; }

    /// <summary>What is left of the leases of those who died, and may still be spent by them.</summary>
    public required IReadOnlyDictionary<(string Instance, string Counter), long> Unspent { get; init; }

    /// <summary>Gateways that hold something, dead ones that are not closed, leases, and usage that is nowhere else.</summary>
    public required (long Holders, long Dead, long Leases, long Usage, long DeadLetters) Left { get; init; }

    public static string NameOf(string unit, string account) => $"{unit} {account}";

    public static string NameOf(CounterInstance counter) => NameOf(counter.Key.Unit.ToString().ToLowerInvariant(), counter.Key.Account.Value);

    public static async Task<AccountBooks> ReadAsync(ConnectionMultiplexer redis)
    {
        var database = redis.GetDatabase();
        var counters = new Dictionary<string, AccountState>();
        await foreach (var key in redis.GetServers()[0].KeysAsync(pattern: Keys.AnyCounter))
        {
            var fields = (await database.HashGetAllAsync(key)).ToDictionary(field => (string)field.Name!, field => (long)field.Value);
            counters[NameOf(RedisKeys.ParseCounter(Keys.NameOf(key)))] = new AccountState(fields.GetValueOrDefault("spent"), fields.GetValueOrDefault("leased"), fields.GetValueOrDefault("overrun"));
        }
        var unspent = new Dictionary<(string, string), long>();
        var paid = Keys.Paid("").ToString();
        await foreach (var key in redis.GetServers()[0].KeysAsync(pattern: paid + "*"))
        {
            // Beside amounts there are moments, with a word in front.
            foreach (var entry in (await database.HashGetAllAsync(key)).Where(entry => char.IsAsciiDigit(((string)entry.Name!)[0])))
            {
                var place = (key.ToString()[paid.Length..], NameOf(Keys.ParseLease((string)entry.Name!).Counter));
                unspent[place] = unspent.GetValueOrDefault(place) + (long)entry.Value;
            }
        }
        return new AccountBooks { Counters = counters, Unspent = unspent, Left = await ReadLeftAsync(redis) };
    }

    /// <summary>What there is of gateways, and of usage on its way.</summary>
    public static async Task<(long Holders, long Dead, long Leases, long Usage, long DeadLetters)> ReadLeftAsync(ConnectionMultiplexer redis)
    {
        var database = redis.GetDatabase();
        long leases = 0;
        await foreach (var _ in redis.GetServers()[0].KeysAsync(pattern: $"{Keys.Leases("")}*"))
        {
            leases++;
        }
        return (
            await database.SortedSetLengthAsync(Keys.Holders), await database.SortedSetLengthAsync(Keys.Dead), leases,
            await database.StreamLengthAsync(Keys.Usage), await database.StreamLengthAsync(Keys.DeadLetters));
    }

    /// <summary>Reads whose lease was closed, and of what, as Postgres names it: holder, limit, counter. A holder is an instance and a number.</summary>
    public static (string Instance, string Counter) ParseClosed(string id)
    {
        var parts = id.Split(' ', 3);
        return (parts[0][..parts[0].LastIndexOf('.')], NameOf(RedisKeys.ParseCounter(parts[2])));
    }
}
