using System.Text.Json.Serialization;

namespace CredentialProxy.Core.Pricing;

/// <summary>What tokens cost, in USD per million of them, each from 0 to 1,000,000. What isn't stated follows from what is: docs/metering.md.</summary>
public record PriceEntryRates
{
    /// <summary>Input.</summary>
    public decimal? Input { get; init; }

    /// <summary>Input read from a cache.</summary>
    public decimal? CachedInput { get; init; }

    /// <summary>Input written to a cache.</summary>
    public decimal? CacheWrite { get; init; }

    /// <summary>Input written to a cache for an hour.</summary>
    public decimal? CacheWriteHour { get; init; }

    /// <summary>Output, reasoning included.</summary>
    public decimal? Output { get; init; }

    /// <summary>Sound as input.</summary>
    public decimal? AudioInput { get; init; }

    /// <summary>Sound as input, read from a cache.</summary>
    public decimal? CachedAudioInput { get; init; }

    /// <summary>Images as input.</summary>
    public decimal? ImageInput { get; init; }

    /// <summary>Film as input.</summary>
    public decimal? VideoInput { get; init; }

    /// <summary>Sound as output.</summary>
    public decimal? AudioOutput { get; init; }

    /// <summary>Images as output.</summary>
    public decimal? ImageOutput { get; init; }

    /// <summary>Film as output.</summary>
    public decimal? VideoOutput { get; init; }

    /// <summary>All of them by their names, for what holds for each.</summary>
    internal IEnumerable<(string Name, decimal? Rate)> Named =>
    [
        ("input", Input), ("cachedInput", CachedInput), ("cacheWrite", CacheWrite), ("cacheWriteHour", CacheWriteHour), ("output", Output),
        ("audioInput", AudioInput), ("cachedAudioInput", CachedAudioInput), ("imageInput", ImageInput), ("videoInput", VideoInput),
        ("audioOutput", AudioOutput), ("imageOutput", ImageOutput), ("videoOutput", VideoOutput),
    ];
}

/// <summary>Rates that hold for the whole request when its input is above a threshold.</summary>
public sealed record PriceEntryTier : PriceEntryRates
{
    /// <summary>Tokens of input above which they hold.</summary>
    public required long Above { get; init; }
}

/// <summary>A model or family of models.</summary>
internal sealed record PriceEntry : PriceEntryRates
{
    public required string Provider { get; init; }

    public required string[] Match { get; init; }

    // Null for none: generated code sets every init property, so that a default here would be lost.
    public PriceEntryTier[]? Tiers { get; init; }

    public long? Context { get; init; }

    public long? MaxOutput { get; init; }
}

/// <summary>A price file.</summary>
internal sealed record PriceFile
{
    public string? Source { get; init; }

    public string? Date { get; init; }

    public string? Unit { get; init; }

    public required PriceEntry[] Models { get; init; }

    public PriceFactorEntry[]? Factors { get; init; }

    public ToolPriceEntry[]? Tools { get; init; }

    /// <summary>Names and patterns of models that never reason, whoever serves them and under whatever prefix.</summary>
    public string[]? NeverReason { get; init; }
}

/// <summary>Reads price files without reflection, and nothing in them that has no meaning.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectNullableAnnotations = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PriceFile))]
[JsonSerializable(typeof(StatedPrice))]
[JsonSerializable(typeof(HostedTool))]
internal sealed partial class PriceFileContext : JsonSerializerContext;
