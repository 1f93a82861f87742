using System.Data.Common;

namespace CredentialProxy.Core.Usage;

/// <summary>What usage is summed by.</summary>
public enum UsageGrouping
{
    /// <summary>One sum.</summary>
    None,

    /// <summary>By token id.</summary>
    Token,

    /// <summary>By project id.</summary>
    Project,

    /// <summary>By model.</summary>
    Model,

    /// <summary>By provider.</summary>
    Provider,

    /// <summary>By credential id.</summary>
    Credential,

    /// <summary>By UTC day, as <c>yyyy-MM-dd</c>.</summary>
    Day,

    /// <summary>By UTC hour, as <c>yyyy-MM-ddTHH:00Z</c>.</summary>
    Hour,
}

/// <summary>Filters that all apply together; null means any.</summary>
public sealed record UsageQuery
{
    /// <summary>Token id.</summary>
    public string? TokenId { get; init; }

    /// <summary>Project id.</summary>
    public string? ProjectId { get; init; }

    /// <summary>Credential id.</summary>
    public string? CredentialId { get; init; }

    /// <summary>Model.</summary>
    public string? Model { get; init; }

    /// <summary>Provider name.</summary>
    public string? Provider { get; init; }

    /// <summary>First moment, inclusive.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Last moment, exclusive.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>What to group by.</summary>
    public UsageGrouping GroupBy { get; init; }

    /// <summary><see cref="From"/> as records carry times, Unix milliseconds.</summary>
    public long? FromMs => From is { } from ? CeilingMs(from) : null;

    /// <summary><see cref="To"/> as records carry times, Unix milliseconds.</summary>
    public long? ToMs => To is { } to ? CeilingMs(to) : null;

    // The first whole millisecond at or after a moment: records carry whole ones, rounded down.
    private static long CeilingMs(DateTimeOffset time) => time.ToUnixTimeMilliseconds() + (time.UtcTicks % TimeSpan.TicksPerMillisecond == 0 ? 0 : 1);
}

/// <summary>Sums over usage records.</summary>
/// <param name="Key">The group's value; null for the sum over all.</param>
/// <param name="Requests">Number of requests.</param>
/// <param name="Usage">Sums of tokens.</param>
/// <param name="CostMicroUsd">Sum of cost in micro-dollars.</param>
public sealed record UsageTotals(string? Key, long Requests, TokenUsage Usage, long CostMicroUsd)
{
    /// <summary>Reads a row: the key, the number of requests, input, cached input, cache write, output and reasoning tokens, the cost.</summary>
    public static UsageTotals Read(DbDataReader row) => new(
        row.IsDBNull(0) ? null : row.GetString(0),
        row.GetInt64(1),
        new TokenUsage
        {
            InputTokens = row.GetInt64(2),
            CachedInputTokens = row.GetInt64(3),
            CacheWriteTokens = row.GetInt64(4),
            OutputTokens = row.GetInt64(5),
            ReasoningTokens = row.GetInt64(6),
        },
        row.GetInt64(7));
}

/// <summary>The answer to a <see cref="UsageQuery"/>.</summary>
/// <param name="Totals">The sum over everything that matched.</param>
/// <param name="Groups">The sums by group, dearest first; empty without grouping.</param>
public sealed record UsageSummary(UsageTotals Totals, IReadOnlyList<UsageTotals> Groups);

/// <summary>Answers who spent what.</summary>
public interface IUsageReader
{
    /// <summary>Sums what was settled before the call.</summary>
    ValueTask<UsageSummary> SummarizeAsync(UsageQuery query, CancellationToken cancellationToken);
}
