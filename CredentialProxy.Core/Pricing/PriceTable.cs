using System.Text.Json;
using BitFaster.Caching.Lru;
using CredentialProxy.Core.Grants;

namespace CredentialProxy.Core.Pricing;

/// <summary>
/// Prices by provider and model. An entry that names the model itself wins, then the one whose pattern says most of it; an operator's own entries go before the shipped ones. A
/// model that nothing matches has the fallback price.
/// </summary>
public sealed class PriceTable
{
    private const int CachedModels = 4096;
    private const long PicoPerUsdPerMillion = 1_000_000;
    private const decimal MaxRate = 1_000_000;

    // Where a price list does not say: a cache costs what input costs to read, and Anthropic's multiples of it to write.
    private const decimal DefaultCacheWriteFactor = 1.25m;
    private const decimal DefaultCacheWriteHourFactor = 2;

    private readonly Dictionary<(string Provider, string Model), ModelPrice> _exact = [];
    private readonly Dictionary<string, List<(ModelPattern Pattern, ModelPrice Price)>> _patterns = [];
    private readonly ConcurrentLru<(string Provider, string Model), ModelPrice> _found = new(CachedModels);
    private readonly ModelPrice _fallback;

    private PriceTable(PricingOptions options) =>
        _fallback = new ModelPrice(
            Rates(new PriceEntryRates { Input = options.FallbackInput, Output = options.FallbackOutput }, "the fallback"),
            [], options.DefaultMaxOutputTokens, options.DefaultContextTokens, isFallback: true);

    /// <summary>The shipped prices and, before them, those of the operator's own file.</summary>
    /// <exception cref="InvalidPriceFileException">The operator's file can't be read or makes no sense.</exception>
    public static PriceTable Load(PricingOptions options)
    {
        var table = new PriceTable(options);
        if (options.File is { Length: > 0 } path)
        {
            table.Add(ReadFile(path), options, path);
        }
        using var shipped = typeof(PriceTable).Assembly.GetManifestResourceStream("prices.json") ?? throw new InvalidOperationException("The price table is not in the assembly.");
        table.Add(Parse(shipped, "prices.json"), options, "prices.json");
        return table;
    }

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
        if (_exact.TryGetValue((provider, model), out var exact))
        {
            return exact;
        }
        foreach (var (pattern, price) in _patterns.GetValueOrDefault(provider) ?? [])
        {
            if (pattern.Matches(model))
            {
                return price;
            }
        }
        return _fallback;
    }

    private void Add(PriceFile file, PricingOptions options, string name)
    {
        var added = new List<(string Provider, ModelPattern Pattern, ModelPrice Price)>();
        foreach (var entry in file.Models)
        {
            var where = $"{name}, entry '{entry.Provider}' {string.Join(", ", entry.Match)}";
            var tiers = entry.Tiers.OrderBy(tier => tier.Above).Select(tier => (tier.Above, Rates(tier, where))).ToArray();
            var price = new ModelPrice(Rates(entry, where), tiers, entry.MaxOutput ?? options.DefaultMaxOutputTokens, entry.Context ?? options.DefaultContextTokens, isFallback: false);
            if (price.MaxOutputTokens < 0 || price.ContextTokens < 0 || entry.Tiers.Any(tier => tier.Above < 0) || entry.Match.Length == 0)
            {
                throw new InvalidPriceFileException($"{where}: numbers must be at least 0, and 'match' must name at least one model.");
            }
            foreach (var match in entry.Match)
            {
                if (!ModelPattern.TryParse(match, out var pattern))
                {
                    throw new InvalidPriceFileException($"{where}: '{match}' is no model name or pattern.");
                }
                if (match.Contains('*', StringComparison.Ordinal))
                {
                    added.Add((entry.Provider, pattern, price));
                }
                else
                {
                    _exact.TryAdd((entry.Provider, match), price);
                }
            }
        }
        // Files are added most important first; within a file what says most of the name goes first.
        foreach (var (provider, pattern, price) in added.OrderByDescending(entry => entry.Pattern.Text.Replace("*", "", StringComparison.Ordinal).Length))
        {
            if (!_patterns.TryGetValue(provider, out var list))
            {
                _patterns[provider] = list = [];
            }
            list.Add((pattern, price));
        }
    }

    private static Rates Rates(PriceEntryRates entry, string where)
    {
        if (entry.Input is not { } input)
        {
            throw new InvalidPriceFileException($"{where}: 'input' is missing.");
        }
        var output = entry.Output ?? 0;
        return new Rates
        {
            Input = Pico(input, where),
            CachedInput = Pico(entry.CachedInput ?? input, where),
            CacheWrite = Pico(entry.CacheWrite ?? input * DefaultCacheWriteFactor, where),
            CacheWriteHour = Pico(entry.CacheWriteHour ?? input * DefaultCacheWriteHourFactor, where),
            Output = Pico(output, where),
            AudioInput = Pico(entry.AudioInput ?? input, where),
            AudioOutput = Pico(entry.AudioOutput ?? output, where),
        };
    }

    private static long Pico(decimal usdPerMillion, string where) => usdPerMillion is >= 0 and <= MaxRate
        ? (long)decimal.Ceiling(usdPerMillion * PicoPerUsdPerMillion)
        : throw new InvalidPriceFileException($"{where}: a price must be from 0 to {MaxRate} USD per million tokens.");

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
            throw new InvalidPriceFileException($"{name} is not a price file: {e.Message}", e);
        }
    }
}
