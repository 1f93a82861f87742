namespace CredentialProxy.Core.Pricing;

/// <summary>What an operator's price states, in the words of a price file: rates, what they are multiplied by, tools. What it leaves out is looked for in the file that comes after.</summary>
public record StatedPrice : PriceEntryRates
{
    /// <summary>Rates of long requests, each for those above its threshold.</summary>
    public IReadOnlyList<PriceEntryTier>? Tiers { get; init; }

    /// <summary>The most that the models read, in tokens.</summary>
    public long? Context { get; init; }

    /// <summary>The most that they write in one answer, in tokens.</summary>
    public long? MaxOutput { get; init; }

    /// <summary>What prices are multiplied by under other terms than the standard ones.</summary>
    public StatedFactors? Factors { get; init; }

    /// <summary>What the provider's tools cost.</summary>
    public IReadOnlyList<StatedTool>? Tools { get; init; }

    /// <summary>Where the figures are from; for people.</summary>
    public string? Source { get; init; }

    /// <summary>Whether it states what tokens cost, or anything that makes sense only with that.</summary>
    internal bool HasRates => Named.Any(rate => rate.Rate is not null) || Tiers is { Count: > 0 } || Context is not null || MaxOutput is not null;
}

/// <summary>What prices are multiplied by, each from 0 to 1,000.</summary>
public sealed record StatedFactors
{
    /// <summary>Where the provider's account decides.</summary>
    public decimal? Auto { get; init; }

    /// <summary>When there is room.</summary>
    public decimal? Flex { get; init; }

    /// <summary>Later, among others.</summary>
    public decimal? Batch { get; init; }

    /// <summary>Before others.</summary>
    public decimal? Priority { get; init; }

    /// <summary>Anthropic's fast mode, and OpenAI's other name for <c>priority</c>.</summary>
    public decimal? Fast { get; init; }

    /// <summary>OpenAI's fastest.</summary>
    public decimal? Ultrafast { get; init; }

    /// <summary>In the United States.</summary>
    public decimal? Us { get; init; }

    /// <summary>All of them by their names.</summary>
    internal IEnumerable<(string Name, decimal? Factor)> Named =>
        [("auto", Auto), ("flex", Flex), ("batch", Batch), ("priority", Priority), ("fast", Fast), ("ultrafast", Ultrafast), ("us", Us)];

    internal PriceFactorEntry Of(string provider, string match) =>
        new() { Provider = provider, Match = [match], Auto = Auto, Flex = Flex, Batch = Batch, Priority = Priority, Fast = Fast, Ultrafast = Ultrafast, Us = Us };
}

/// <summary>What a tool of the provider's costs, in USD from 0 to 1,000. One without a price costs tokens alone.</summary>
public sealed record StatedTool
{
    /// <summary>Its name, such as <c>web_search</c>.</summary>
    public required string Tool { get; init; }

    /// <summary>A call.</summary>
    public decimal? PerCall { get; init; }

    /// <summary>A request that calls it at all.</summary>
    public decimal? PerRequest { get; init; }

    /// <summary>How many tokens the result of one call gives the model to read, at most.</summary>
    public long? TokensPerCall { get; init; }

    internal ToolPriceEntry Of(string provider, string match) => new()
    {
        Provider = provider,
        Match = [match],
        Tool = HostedToolNames.TryParse(Tool, out var tool) ? tool : throw new InvalidPriceFileException("There is no such tool."),
        PerCall = PerCall,
        PerRequest = PerRequest,
        TokensPerCall = TokensPerCall,
    };
}
