namespace CredentialProxy.Core.Pricing;

/// <summary>What an entry of a price file says of several models of one provider.</summary>
internal abstract record PriceTermEntry
{
    public required string Provider { get; init; }

    public required string[] Match { get; init; }

    /// <summary>Where its figures are from, and of what day; for people.</summary>
    public string? Source { get; init; }
}

/// <summary>By how much prices are multiplied under other terms than the standard ones.</summary>
internal sealed record PriceFactorEntry : PriceTermEntry
{
    public decimal? Auto { get; init; }

    public decimal? Flex { get; init; }

    public decimal? Batch { get; init; }

    public decimal? Priority { get; init; }

    public decimal? Fast { get; init; }

    public decimal? Ultrafast { get; init; }

    public decimal? Us { get; init; }
}

/// <summary>What a tool of the provider's costs, in dollars.</summary>
internal sealed record ToolPriceEntry : PriceTermEntry
{
    public required HostedTool Tool { get; init; }

    public decimal? PerCall { get; init; }

    public decimal? PerRequest { get; init; }

    public long? TokensPerCall { get; init; }
}
