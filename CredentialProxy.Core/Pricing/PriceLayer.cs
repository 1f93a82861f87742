namespace CredentialProxy.Core.Pricing;

/// <summary>The prices of one source, ready to be looked up.</summary>
internal sealed class PriceLayer
{
    /// <summary>Name of what is part of the assembly.</summary>
    public const string Shipped = "shipped";

    /// <summary>Name of the operator's own file.</summary>
    public const string Own = "own";

    /// <summary>Name of what was set over the API.</summary>
    public const string Stored = "stored";

    /// <summary>Reads a file's entries.</summary>
    /// <param name="file">The file.</param>
    /// <param name="place">Where it is, for messages.</param>
    /// <param name="name">What it is called.</param>
    /// <param name="options">What holds where it does not say.</param>
    /// <exception cref="InvalidPriceFileException">An entry makes no sense; the message names it.</exception>
    public PriceLayer(PriceFile file, string place, string name, PricingOptions options)
    {
        List = new PriceList(file, options, place);
        Terms = new PriceTerms(file, place);
        Plain = new PlainModels(file, place);
        Source = new PriceSource(name, file.Source, file.Date);
        Listed = [.. file.Models.Select(entry => ListedPrice.Of(entry, name))];
    }

    /// <summary>The prices of models.</summary>
    public PriceList List { get; }

    /// <summary>Factors and tools.</summary>
    public PriceTerms Terms { get; }

    /// <summary>The models that never reason.</summary>
    public PlainModels Plain { get; }

    /// <summary>Where it comes from.</summary>
    public PriceSource Source { get; }

    /// <summary>Its entries as they are shown.</summary>
    public IReadOnlyList<ListedPrice> Listed { get; private init; }

    /// <summary>
    /// What operators have set. Here not only rates but factors and tools too are those of the entry that says most of the model's name, since the order in which prices were set means nothing.
    /// </summary>
    /// <exception cref="InvalidPriceFileException">A price makes no sense.</exception>
    public static PriceLayer Of(IEnumerable<OperatorPrice> prices, PricingOptions options)
    {
        // Each gateway has the same table, in whatever order it has heard of its entries.
        var ordered = prices.OrderBy(price => price.CreatedAt).ThenBy(price => price.Id, StringComparer.Ordinal).ToList();
        var matches = ordered.SelectMany(price => price.Match, (price, match) => (Price: price, Match: match))
            .OrderBy(pair => pair.Match.Contains('*', StringComparison.Ordinal)).ThenByDescending(pair => pair.Match.Count(character => character != '*')).ToList();
        var file = new PriceFile
        {
            Models = [.. ordered.Where(price => price.Stated.HasRates).Select(price => price.Entry)],
            Factors = [.. matches.Where(pair => pair.Price.Stated.Factors is not null).Select(pair => pair.Price.Stated.Factors!.Of(pair.Price.Provider, pair.Match))],
            Tools = [.. matches.SelectMany(pair => pair.Price.Stated.Tools ?? [], (pair, tool) => tool.Of(pair.Price.Provider, pair.Match))],
        };
        return new PriceLayer(file, "the stored prices", Stored, options) { Listed = [.. ordered.Select(price => ListedPrice.Of(price.Stated, price.Id, price.Provider, price.Match))] };
    }
}
