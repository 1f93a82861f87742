using System.Globalization;
using CredentialProxy.Core.Usage;

namespace CredentialProxy.Tests.Usage;

/// <summary>Sums usage record by record: slow, and plain enough to be right.</summary>
internal static class UsageReference
{
    public static UsageSummary Summarize(IEnumerable<UsageRecord> records, UsageQuery query)
    {
        var matching = records.Where(record => Matches(record, query)).ToList();
        IEnumerable<UsageTotals> groups = query.GroupBy == UsageGrouping.None ? [] : matching.GroupBy(record => KeyOf(record, query.GroupBy), (key, group) => Sum(key, [.. group]))
            .OrderByDescending(group => group.CostMicroUsd).ThenByDescending(group => group.Requests).ThenBy(group => group.Key, StringComparer.Ordinal);
        return new UsageSummary(Sum(null, matching), [.. groups]);
    }

    private static bool Matches(UsageRecord record, UsageQuery query) =>
        (query.TokenId ?? record.TokenId) == record.TokenId && (query.ProjectId ?? record.ProjectId) == record.ProjectId && (query.CredentialId ?? record.CredentialId) == record.CredentialId
        && (query.Provider ?? record.Provider) == record.Provider && (query.Model ?? record.Model) == record.Model
        && !(record.Time < query.From) && !(record.Time >= query.To);

    private static string KeyOf(UsageRecord record, UsageGrouping grouping) => grouping switch
    {
        UsageGrouping.Token => record.TokenId,
        UsageGrouping.Project => record.ProjectId ?? "",
        UsageGrouping.Model => record.Model,
        UsageGrouping.Provider => record.Provider,
        UsageGrouping.Credential => record.CredentialId,
        UsageGrouping.Day => record.Time.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        _ => record.Time.ToString("yyyy-MM-ddTHH:00Z", CultureInfo.InvariantCulture),
    };

    private static UsageTotals Sum(string? key, List<UsageRecord> records) => new(
        key,
        records.Count,
        new TokenUsage
        {
            InputTokens = records.Sum(record => record.Usage.InputTokens),
            CachedInputTokens = records.Sum(record => record.Usage.CachedInputTokens),
            CacheWriteTokens = records.Sum(record => record.Usage.CacheWriteTokens),
            OutputTokens = records.Sum(record => record.Usage.OutputTokens),
            ReasoningTokens = records.Sum(record => record.Usage.ReasoningTokens),
        },
        records.Sum(record => record.CostMicroUsd));
}
