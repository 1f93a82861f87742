namespace CredentialProxy.Admin.Storage;

/// <summary>Sums over a series' usage records in one stretch of time.</summary>
internal abstract class UsageSumsRow
{
    /// <summary>The <see cref="SeriesRow"/>.</summary>
    public int SeriesId { get; set; }

    /// <summary>First moment, Unix milliseconds.</summary>
    public long StartMs { get; set; }

    /// <summary>Number of requests.</summary>
    public long Requests { get; set; }

    /// <summary>All input tokens.</summary>
    public long InputTokens { get; set; }

    /// <summary>Input tokens read from a cache.</summary>
    public long CachedInputTokens { get; set; }

    /// <summary>Input tokens written to a cache, both lifetimes.</summary>
    public long CacheWriteTokens { get; set; }

    /// <summary>All output tokens.</summary>
    public long OutputTokens { get; set; }

    /// <summary>Output tokens spent on reasoning.</summary>
    public long ReasoningTokens { get; set; }

    /// <summary>Cost in micro-dollars.</summary>
    public long CostMicroUsd { get; set; }
}

/// <summary>Sums over an hour, UTC.</summary>
internal sealed class UsageHourRow : UsageSumsRow;

/// <summary>Sums over a day, UTC.</summary>
internal sealed class UsageDayRow : UsageSumsRow;

/// <summary>Sums over an hour, UTC, of a token.</summary>
internal sealed class UsageTokenHourRow : UsageSumsRow;

/// <summary>Sums over a day, UTC, of a token.</summary>
internal sealed class UsageTokenDayRow : UsageSumsRow;

/// <summary>Sums over an hour, UTC, and all tokens.</summary>
internal sealed class UsageProjectHourRow : UsageSumsRow;

/// <summary>Sums over a day, UTC, and all tokens.</summary>
internal sealed class UsageProjectDayRow : UsageSumsRow;

/// <summary>Sums over an hour, UTC, and all tokens and projects.</summary>
internal sealed class UsageModelHourRow : UsageSumsRow;

/// <summary>Sums over a day, UTC, and all tokens and projects.</summary>
internal sealed class UsageModelDayRow : UsageSumsRow;
