using System.Text.Json.Serialization;

namespace CredentialProxy.Core.Pricing;

/// <summary>An entry of a price file, in USD per million tokens.</summary>
internal record PriceEntryRates
{
    public decimal? Input { get; init; }

    public decimal? CachedInput { get; init; }

    public decimal? CacheWrite { get; init; }

    public decimal? CacheWriteHour { get; init; }

    public decimal? Output { get; init; }

    public decimal? AudioInput { get; init; }

    public decimal? CachedAudioInput { get; init; }

    public decimal? ImageInput { get; init; }

    public decimal? VideoInput { get; init; }

    public decimal? AudioOutput { get; init; }

    public decimal? ImageOutput { get; init; }

    public decimal? VideoOutput { get; init; }

    /// <summary>All of them, for what holds for each.</summary>
    [JsonIgnore]
    public IEnumerable<decimal?> All =>
        [Input, CachedInput, CacheWrite, CacheWriteHour, Output, AudioInput, CachedAudioInput, ImageInput, VideoInput, AudioOutput, ImageOutput, VideoOutput];
}

/// <summary>Rates that hold for the whole request when its input is above a threshold.</summary>
internal sealed record PriceEntryTier : PriceEntryRates
{
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
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(PriceFile))]
internal sealed partial class PriceFileContext : JsonSerializerContext;
