using CredentialProxy.Core.Limits.Redis.Entries;
using CredentialProxy.Core.Usage;

namespace CredentialProxy.Admin.Recording.Streams;

/// <summary>What a batch of entries says, each request, each closed lease and each reset once.</summary>
internal sealed class StreamedBatch(IReadOnlyCollection<StreamedUsage> entries)
{
    private static readonly long MinuteMs = (long)TimeSpan.FromMinutes(1).TotalMilliseconds;

    private readonly List<StreamedUsage> _requests = [.. entries.Where(entry => entry.Record is not null).DistinctBy(entry => entry.Record!.RequestId)];

    /// <summary>The records.</summary>
    public IEnumerable<UsageRecord> Records => _requests.Select(entry => entry.Record!);

    /// <summary>What they charged, by request.</summary>
    public IEnumerable<(string RequestId, CounterCharge Charge)> Charges => _requests.SelectMany(entry => entry.Charges.Select(charge => (entry.Record!.RequestId, charge)));

    /// <summary>Leases that were closed.</summary>
    public IEnumerable<ClosedLease> Leases => entries.SelectMany(entry => entry.Leases).DistinctBy(lease => lease.Id);

    /// <summary>What is forgotten of counters.</summary>
    public IEnumerable<ResetCounter> Resets => entries.SelectMany(entry => entry.Resets).DistinctBy(reset => reset.Id);

    /// <summary>The highest mark of each gateway, and when it was told last by Redis' clock, Unix milliseconds.</summary>
    public IEnumerable<(string Instance, long Mark, long SeenMs)> Marks => entries.Where(entry => entry.Instance.Length > 0).GroupBy(entry => entry.Instance)
        .Select(group => (group.Key, group.Max(entry => entry.Mark), group.Max(entry => StreamedUsage.TimeOf(entry.Id))));

    /// <summary>The minute in which each token was last used.</summary>
    public IEnumerable<(string TokenId, long TimeMs)> Uses =>
        Records.GroupBy(record => record.TokenId).Select(group => (group.Key, group.Max(record => record.Time.ToUnixTimeMilliseconds()) / MinuteMs * MinuteMs));
}
