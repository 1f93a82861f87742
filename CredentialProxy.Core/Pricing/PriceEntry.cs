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

    public decimal? AudioOutput { get; init; }
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
}

/// <summary>Reads price files without reflection, and nothing in them that has no meaning.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(PriceFile))]
internal sealed partial class PriceFileContext : JsonSerializerContext;
