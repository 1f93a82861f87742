using System.ComponentModel.DataAnnotations;

namespace CredentialProxy.Core.Pricing;

/// <summary>Settings of prices, at <c>Pricing</c>.</summary>
public sealed class PricingOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Pricing";

    /// <summary>
    /// Path of a JSON file of prices of your own, in the form of the shipped one (<c>{"models":[{"provider","match":[…],"input","output",…}]}</c>, USD per million tokens; <c>factors</c> of tiers and
    /// prices of <c>tools</c> as docs/metering.md tells). Its entries go before the shipped ones, and after what is set over the API.
    /// </summary>
    public string? File { get; set; }

    /// <summary>Input price of a model that no entry matches, in USD per million tokens; dear on purpose, so that an unknown model is never cheap.</summary>
    [Range(typeof(decimal), "0", "1000000", ParseLimitsInInvariantCulture = true, ConvertValueInInvariantCulture = true)]
    public decimal FallbackInput { get; set; } = 30;

    /// <summary>Output price of a model that no entry matches, in USD per million tokens.</summary>
    [Range(typeof(decimal), "0", "1000000", ParseLimitsInInvariantCulture = true, ConvertValueInInvariantCulture = true)]
    public decimal FallbackOutput { get; set; } = 180;

    /// <summary>Largest output, in tokens, of a model whose entry states none, for requests that state no limit of their own.</summary>
    [Range(1, 100_000_000)]
    public long DefaultMaxOutputTokens { get; set; } = 128_000;

    /// <summary>Context window, in tokens, of a model whose entry states none.</summary>
    [Range(1, 100_000_000)]
    public long DefaultContextTokens { get; set; } = 1_050_000;
}
