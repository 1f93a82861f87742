using CredentialProxy.Core.Usage;

namespace CredentialProxy.Core.Limits.Redis;

/// <summary>One figure of a usage record and its name in the stream.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Get">Reads it; null where the record has none.</param>
/// <param name="Set">The record with it.</param>
/// <param name="IsKeptAtZero">Whether 0 is something else than nothing.</param>
internal sealed record UsageEntryFigure(string Name, Func<UsageRecord, long?> Get, Func<UsageRecord, long, UsageRecord> Set, bool IsKeptAtZero = false);

/// <summary>All figures of a usage record.</summary>
internal static class UsageEntryFigures
{
    /// <summary>In the order in which they are written.</summary>
    public static IReadOnlyList<UsageEntryFigure> All { get; } =
    [
        new("st", record => record.StatusCode, (record, value) => record with { StatusCode = Whole(value) }),
        new("usd", record => record.CostMicroUsd, (record, value) => record with { CostMicroUsd = value }),
        new("mk", record => (long)record.Marks, (record, value) => record with { Marks = (UsageMarks)Whole(value) }),
        new("ms", record => record.DurationMs, (record, value) => record with { DurationMs = Whole(value) }),
        Tokens("in", usage => usage.InputTokens, (usage, value) => usage with { InputTokens = value }),
        Tokens("inc", usage => usage.CachedInputTokens, (usage, value) => usage with { CachedInputTokens = value }),
        Tokens("cw", usage => usage.CacheWriteTokens, (usage, value) => usage with { CacheWriteTokens = value }),
        Tokens("cwh", usage => usage.CacheWriteHourTokens, (usage, value) => usage with { CacheWriteHourTokens = value }),
        Tokens("ina", usage => usage.AudioInputTokens, (usage, value) => usage with { AudioInputTokens = value }),
        Tokens("inac", usage => usage.CachedAudioInputTokens, (usage, value) => usage with { CachedAudioInputTokens = value }),
        Tokens("ini", usage => usage.ImageInputTokens, (usage, value) => usage with { ImageInputTokens = value }),
        Tokens("inv", usage => usage.VideoInputTokens, (usage, value) => usage with { VideoInputTokens = value }),
        Tokens("out", usage => usage.OutputTokens, (usage, value) => usage with { OutputTokens = value }),
        Tokens("outr", usage => usage.ReasoningTokens, (usage, value) => usage with { ReasoningTokens = value }),
        Tokens("outa", usage => usage.AudioOutputTokens, (usage, value) => usage with { AudioOutputTokens = value }),
        Tokens("outi", usage => usage.ImageOutputTokens, (usage, value) => usage with { ImageOutputTokens = value }),
        Tokens("outv", usage => usage.VideoOutputTokens, (usage, value) => usage with { VideoOutputTokens = value }),
        // A provider that reports no cost is another thing than one that reports none to pay.
        new("rep", record => record.Usage.ReportedCostMicroUsd, (record, value) => record with { Usage = record.Usage with { ReportedCostMicroUsd = value } }, IsKeptAtZero: true),
    ];

    private static UsageEntryFigure Tokens(string name, Func<TokenUsage, long> get, Func<TokenUsage, long, TokenUsage> set) =>
        new(name, record => get(record.Usage), (record, value) => record with { Usage = set(record.Usage, value) });

    private static int Whole(long value) => checked((int)value);
}
