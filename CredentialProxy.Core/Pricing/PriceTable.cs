using System.Text.Json;
using BitFaster.Caching.Lru;
using CredentialProxy.Core.Providers;

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

    // Ways to be routed at OpenRouter, which end a model's name and don't change its price list: https://openrouter.ai/docs/features/provider-routing
    private static readonly string[] RoutingSuffixes = [":nitro", ":floor", ":exacto", ":online"];

    private readonly (PriceList List, PriceTerms Terms, PlainModels Plain)[] _files;
    private readonly ConcurrentLru<(string Provider, string Model), ModelPrice> _found = new(MaxFound);
    private readonly ModelPrice _fallback;

    private PriceTable((PriceFile File, string Name)[] files, PricingOptions options)
    {
        _files = [.. files.Select(file => (new PriceList(file.File, options, file.Name), new PriceTerms(file.File, file.Name), new PlainModels(file.File, file.Name)))];
        _fallback = new ModelPrice(
            PriceList.Rates(new PriceEntryRates { Input = options.FallbackInput, Output = options.FallbackOutput }, "the fallback"),
            [], options.DefaultMaxOutputTokens, options.DefaultContextTokens, isFallback: true);
        Sources = [.. files.Select(file => new PriceSource(NameOf(file.Name), file.File.Source, file.File.Date))];
        Listed = [.. files.SelectMany(file => file.File.Models, (file, entry) => ListedPrice.Of(entry, NameOf(file.Name)))];
    }

    /// <summary>The files in force, the one that goes before first.</summary>
    public IReadOnlyList<PriceSource> Sources { get; }

    /// <summary>Their entries, in that order.</summary>
    public IReadOnlyList<ListedPrice> Listed { get; }

    /// <summary>The price of a model that nothing matches.</summary>
    public ModelPrice Fallback => _fallback;

    /// <summary>The shipped prices and, before them, those of the operator's own file.</summary>
    /// <exception cref="InvalidPriceFileException">The operator's file can't be read or makes no sense.</exception>
    public static PriceTable Load(PricingOptions options)
    {
        var shipped = (ReadShipped(), ShippedName);
        return new PriceTable(options.File is { Length: > 0 } path ? [(ReadFile(path), path), shipped] : [shipped], options);
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
        var price = Search(provider, model).With(FactorsOf(provider, model), ToolsOf(provider, model), mayReason: !_files.Any(file => file.Plain.Has(model)));
        _found.AddOrUpdate((provider, model), price);
        return price;
    }

    // An operator's file by a word: its path is nobody's business.
    private static string NameOf(string file) => file == ShippedName ? "shipped" : "own";

    private ModelPrice Search(string provider, string model)
    {
        foreach (var (list, _, _) in _files)
        {
            if (list.Find(provider, model) is { } price)
            {
                return price;
            }
        }
        var suffix = provider == KnownProviders.OpenRouter ? RoutingSuffixes.FirstOrDefault(suffix => model.EndsWith(suffix, StringComparison.Ordinal)) : null;
        return suffix is null ? _fallback : Search(provider, model[..^suffix.Length]);
    }

    private PriceFactors FactorsOf(string provider, string model) =>
        new(_files.Select(file => file.Terms.FactorsOf(provider, model)).FirstOrDefault(entry => entry is not null));

    private ToolPrices ToolsOf(string provider, string model)
    {
        var prices = new ToolPrices();
        foreach (var (_, terms, _) in _files)
        {
            terms.AddTools(provider, model, prices);
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
