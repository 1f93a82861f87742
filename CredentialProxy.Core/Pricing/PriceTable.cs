using System.Text.Json;
using BitFaster.Caching.Lru;

namespace CredentialProxy.Core.Pricing;

/// <summary>
/// Prices by provider and model. An operator's own file goes before the shipped one altogether: its patterns win even over shipped entries that name the model itself. A model that
/// nothing matches has the fallback price.
/// </summary>
public sealed class PriceTable
{
    /// <summary>Most models whose price is kept once it has been found.</summary>
    internal const int MaxFound = 4096;

    private const string ShippedName = "prices.json";

    private readonly PriceList[] _lists;
    private readonly ConcurrentLru<(string Provider, string Model), ModelPrice> _found = new(MaxFound);
    private readonly ModelPrice _fallback;

    private PriceTable(PriceList[] lists, PricingOptions options)
    {
        _lists = lists;
        _fallback = new ModelPrice(
            PriceList.Rates(new PriceEntryRates { Input = options.FallbackInput, Output = options.FallbackOutput }, "the fallback"),
            [], options.DefaultMaxOutputTokens, options.DefaultContextTokens, isFallback: true);
    }

    /// <summary>The shipped prices and, before them, those of the operator's own file.</summary>
    /// <exception cref="InvalidPriceFileException">The operator's file can't be read or makes no sense.</exception>
    public static PriceTable Load(PricingOptions options)
    {
        var shipped = new PriceList(ReadShipped(), options, ShippedName);
        return new PriceTable(options.File is { Length: > 0 } path ? [new PriceList(ReadFile(path), options, path), shipped] : [shipped], options);
    }

    /// <summary>Models whose price is kept at present.</summary>
    internal int FoundCount => _found.Count;

    /// <summary>The price of a model; the fallback where no entry matches.</summary>
    public ModelPrice Find(string provider, string model)
    {
        if (_found.TryGet((provider, model), out var price))
        {
            return price;
        }
        price = Search(provider, model);
        _found.AddOrUpdate((provider, model), price);
        return price;
    }

    private ModelPrice Search(string provider, string model)
    {
        foreach (var list in _lists)
        {
            if (list.Find(provider, model) is { } price)
            {
                return price;
            }
        }
        return _fallback;
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
