using System.Collections.Frozen;
using System.Text.Json;
using BitFaster.Caching.Lru;
using CredentialProxy.Core.Providers;

namespace CredentialProxy.Core.Pricing;

/// <summary>
/// Prices by provider and model, which never change: another price is another table. What an operator has set over the API goes before the operator's own file, and that before the shipped one, each altogether: its
/// patterns win even over later entries that name the model itself. A model that nothing matches has the fallback price.
/// </summary>
public sealed class PriceTable
{
    /// <summary>Most models whose price is kept once it has been found.</summary>
    internal const int MaxFound = 4096;

    private const string ShippedName = "prices.json";

    // Ways to be routed at OpenRouter, which end a model's name and don't change its price list: https://openrouter.ai/docs/features/provider-routing
    private static readonly string[] RoutingSuffixes = [":nitro", ":floor", ":exacto", ":online"];

    private readonly PriceLayer[] _layers;
    private readonly PricingOptions _options;
    private readonly ConcurrentLru<(string Provider, string Model), ModelPrice> _found = new(MaxFound);
    private readonly ModelPrice _fallback;

    private PriceTable(PriceLayer[] layers, PricingOptions options)
    {
        _layers = layers;
        _options = options;
        _fallback = new ModelPrice(
            PriceList.Rates(new PriceEntryRates { Input = options.FallbackInput, Output = options.FallbackOutput }, "the fallback"),
            [], options.DefaultMaxOutputTokens, options.DefaultContextTokens, isFallback: true);
        Sources = [.. layers.Select(layer => layer.Source)];
        Listed = [.. layers.SelectMany(layer => layer.Listed)];
        Named = Listed.SelectMany(entry => entry.Models).Where(model => !model.Contains('*', StringComparison.Ordinal)).ToFrozenSet(StringComparer.Ordinal);
    }

    /// <summary>What is in force, what goes before first.</summary>
    public IReadOnlyList<PriceSource> Sources { get; }

    /// <summary>The entries, in that order.</summary>
    public IReadOnlyList<ListedPrice> Listed { get; }

    /// <summary>The models that entries name, rather than match.</summary>
    public FrozenSet<string> Named { get; }

    /// <summary>The price of a model that nothing matches.</summary>
    public ModelPrice Fallback => _fallback;

    /// <summary>The shipped prices and, before them, those of the operator's own file.</summary>
    /// <exception cref="InvalidPriceFileException">The operator's file can't be read or makes no sense.</exception>
    public static PriceTable Load(PricingOptions options)
    {
        var shipped = new PriceLayer(ReadShipped(), ShippedName, PriceLayer.Shipped, options);
        // An operator's file by a word: its path is nobody's business.
        return new PriceTable(options.File is { Length: > 0 } path ? [new PriceLayer(ReadFile(path), path, PriceLayer.Own, options), shipped] : [shipped], options);
    }

    /// <summary>The prices of the same files and, before them, these.</summary>
    internal PriceTable With(IReadOnlyCollection<OperatorPrice> prices)
    {
        var files = _layers.Where(layer => layer.Source.Name != PriceLayer.Stored);
        return new PriceTable(prices.Count == 0 ? [.. files] : [PriceLayer.Of(prices, _options), .. files], _options);
    }

    /// <summary>Models whose price is kept at present.</summary>
    internal int FoundCount => _found.Count;

    /// <summary>The price of a model; the fallback where no entry matches.</summary>
    public ModelPrice Find(string provider, string model)
    {
        return _found.TryGet((provider, model), out var price) ? price : FindNew(provider, model);
    }

    // Apart, for what it captures would be allocated for what is known as well.
    private ModelPrice FindNew(string provider, string model)
    {
        var price = Search(provider, model).With(FactorsOf(provider, model), ToolsOf(provider, model), mayReason: !_layers.Any(layer => layer.Plain.Has(model)));
        _found.AddOrUpdate((provider, model), price);
        return price;
    }

    private ModelPrice Search(string provider, string model)
    {
        foreach (var layer in _layers)
        {
            if (layer.List.Find(provider, model) is { } price)
            {
                return price;
            }
        }
        var suffix = provider == KnownProviders.OpenRouter ? RoutingSuffixes.FirstOrDefault(suffix => model.EndsWith(suffix, StringComparison.Ordinal)) : null;
        return suffix is null ? _fallback : Search(provider, model[..^suffix.Length]);
    }

    private PriceFactors FactorsOf(string provider, string model) =>
        new(_layers.Select(layer => layer.Terms.FactorsOf(provider, model)).FirstOrDefault(entry => entry is not null));

    private ToolPrices ToolsOf(string provider, string model)
    {
        var prices = new ToolPrices();
        foreach (var layer in _layers)
        {
            layer.Terms.AddTools(provider, model, prices);
        }
        return prices;
    }

    internal static PriceFile ReadShipped()
    {
        using var stream = typeof(PriceTable).Assembly.GetManifestResourceStream(ShippedName) ?? throw new InvalidOperationException("The price table is not in the assembly.");
        return Parse(stream, ShippedName);
    }

    private static PriceFile ReadFile(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            return Parse(stream, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidPriceFileException($"The setting Pricing:File is not valid: '{path}' can't be read.", e);
        }
    }

    private static PriceFile Parse(Stream stream, string name)
    {
        try
        {
            return JsonSerializer.Deserialize(stream, PriceFileContext.Default.PriceFile) ?? throw new InvalidPriceFileException($"{name} is empty.");
        }
        catch (JsonException e)
        {
            throw new InvalidPriceFileException($"{name} is not a price file, at {e.Path ?? "$"}: {e.Message}", e);
        }
    }
}
