using System.Globalization;
using CredentialProxy.Core.Usage;
using StackExchange.Redis;

namespace CredentialProxy.Core.Limits.Redis.Entries;

/// <summary>One entry of the stream: a settled request and what it charged; or the leases of a holder that died; or counters of which what was spent is forgotten.</summary>
public sealed record StreamedUsage
{
    private const string By = "by";
    private const string MarkField = "mark";
    private const string Closed = "closed";
    private const string Reset = "reset";
    private const char Charge = '+';

    /// <summary>Its id in the stream.</summary>
    public required RedisValue Id { get; init; }

    /// <summary>The record; null where the entry tells of something else.</summary>
    public UsageRecord? Record { get; init; }

    /// <summary>The instance of the gateway that settled it; empty where nobody did.</summary>
    public string Instance { get; init; } = "";

    /// <summary>The instance's mark.</summary>
    public long Mark { get; init; }

    /// <summary>What the request charged, for good.</summary>
    public IReadOnlyList<CounterCharge> Charges { get; init; } = [];

    /// <summary>The leases that were closed.</summary>
    public IReadOnlyList<ClosedLease> Leases { get; init; } = [];

    /// <summary>What is forgotten of counters.</summary>
    public IReadOnlyList<ResetCounter> Resets { get; init; } = [];

    /// <summary>When it was added by Redis' clock, Unix milliseconds.</summary>
    public static long TimeOf(RedisValue id) => long.Parse($"{id}".Split('-')[0], CultureInfo.InvariantCulture);

    /// <summary>Reads an entry.</summary>
    /// <exception cref="FormatException">It is none that this version knows.</exception>
    public static StreamedUsage Read(in StreamEntry entry)
    {
        var charges = entry.Values.Where(field => ((string)field.Name!).StartsWith(Charge));
        if (entry[Closed] is { IsNull: false } holder)
        {
            return new StreamedUsage { Id = entry.Id, Leases = [.. charges.Select(field => ReadLease((string)holder!, ((string)field.Name!)[1..], (string)field.Value!))] };
        }
        if (!entry[Reset].IsNull)
        {
            var id = $"{entry.Id}";
            return new StreamedUsage { Id = entry.Id, Resets = [.. charges.Select(field => ReadReset(id, ((string)field.Name!)[1..], (string)field.Value!))] };
        }
        var record = entry[UsageEntry.Field];
        return new StreamedUsage
        {
            Id = entry.Id,
            Record = record.IsNull ? throw new FormatException("The entry holds no usage record.") : UsageEntry.Read((ReadOnlyMemory<byte>)record),
            Instance = entry[By] is { IsNull: false } by ? (string)by! : "",
            Mark = entry[MarkField] is { IsNull: false } mark ? Amount((string)mark!) : 0,
            Charges = [.. charges.Select(field => ReadCharge(((string)field.Name!)[1..], (string)field.Value!))],
        };
    }

    private static CounterCharge ReadCharge(string name, string amounts)
    {
        var parts = amounts.Split(' ');
        return parts.Length == 2 ? new CounterCharge(RedisKeys.ParseCounter(name), Amount(parts[0]), Amount(parts[1])) : throw new FormatException("The charge has not two amounts.");
    }

    private static ClosedLease ReadLease(string holder, string lease, string amount)
    {
        var space = lease.IndexOf(' ', StringComparison.Ordinal);
        return space > 0
            ? new ClosedLease($"{holder} {lease}", new CounterCharge(RedisKeys.ParseCounter(lease[(space + 1)..]), Amount(amount), 0))
            : throw new FormatException("The closed lease has no limit.");
    }

    private static ResetCounter ReadReset(string id, string name, string amount) => new($"reset {id} {name}", RedisKeys.ParseCounter(name), Amount(amount));

    private static long Amount(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var amount) && amount <= Limit.MaxAmount ? amount : throw new FormatException("An amount is none.");
}
