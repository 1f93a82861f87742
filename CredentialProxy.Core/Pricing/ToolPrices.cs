namespace CredentialProxy.Core.Pricing;

/// <summary>What a tool of a provider's costs on top of tokens.</summary>
/// <param name="PerCall">In pico-dollars a call.</param>
/// <param name="PerRequest">In pico-dollars for a request that calls it at all.</param>
/// <param name="TokensPerCall">How many tokens the result of one call gives the model to read, at most; null for as many as it can.</param>
internal readonly record struct ToolPrice(long PerCall, long PerRequest, long? TokensPerCall);

/// <summary>The prices of a provider's tools for one model.</summary>
internal sealed class ToolPrices
{
    private readonly ToolPrice?[] _prices = new ToolPrice?[(int)HostedTool.Other + 1];

    /// <summary>A provider without tools that are priced.</summary>
    public static ToolPrices None { get; } = new();

    /// <summary>The price of a tool; null for one that has none.</summary>
    public ToolPrice? Of(HostedTool tool) => _prices[(int)tool];

    /// <summary>Sets the price of a tool that has none yet.</summary>
    public void Add(HostedTool tool, ToolPrice price) => _prices[(int)tool] ??= price;
}
