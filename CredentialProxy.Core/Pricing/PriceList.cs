using CredentialProxy.Core.Grants;

namespace CredentialProxy.Core.Pricing;

/// <summary>The prices of one file. An entry that names the model itself wins, then the one whose pattern says most of it.</summary>
internal sealed class PriceList
{
    /// <summary>The most that a million tokens may cost, in USD.</summary>
    public const decimal MaxRate = 1_000_000;

    // Where a price list does not say: a cache costs what input costs to read, and Anthropic's multiples of it to write.
    private const decimal DefaultCacheWriteFactor = 1.25m;
    private const decimal DefaultCacheWriteHourFactor = 2;
    private const long PicoPerUsdPerMillion = 1_000_000;

    // They write their caches unasked, and charge for it only where their lists say so.
    private static readonly string[] FreeWriters = ["openai", "gemini"];

    private readonly Dictionary<(string Provider, string Model), ModelPrice> _exact = [];
    private readonly Dictionary<string, (ModelPattern Pattern, ModelPrice Price)[]> _patterns;

    /// <summary>Reads a file's entries.</summary>
    /// <exception cref="InvalidPriceFileException">An entry makes no sense; the message names it.</exception>
    public PriceList(PriceFile file, PricingOptions options, string name)
    {
        var patterns = new List<(string Provider, ModelPattern Pattern, ModelPrice Price)>();
        for (var i = 0; i < file.Models.Length; i++)
        {
            var entry = file.Models[i] ?? throw new InvalidPriceFileException($"{name}, entry {i + 1} is null.");
            var where = $"{name}, entry {i + 1} ('{entry.Provider}' {string.Join(", ", entry.Match)})";
            var price = PriceOf(entry, options, where);
            foreach (var match in entry.Match)
            {
                if (!ModelPattern.TryParse(match, out var pattern))
                {
                    throw new InvalidPriceFileException($"{where}: '{match}' is no model name or pattern.");
                }
                if (match.Contains('*', StringComparison.Ordinal))
                {
                    patterns.Add((entry.Provider, pattern, price));
                }
                else
                {
                    _exact.TryAdd((entry.Provider, match), price);
                }
            }
        }
        _patterns = patterns
            .GroupBy(entry => entry.Provider, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.OrderByDescending(entry => Said(entry.Pattern)).Select(entry => (entry.Pattern, entry.Price)).ToArray(), StringComparer.Ordinal);
    }

    /// <summary>The price of a model; null where no entry matches.</summary>
    public ModelPrice? Find(string provider, string model)
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
        return null;
    }

    /// <summary>The rates of an entry, defaults filled in.</summary>
    public static Rates Rates(PriceEntryRates entry, string where, bool chargesForWrites = true)
    {
        if (entry.Input is not { } input)
        {
            throw new InvalidPriceFileException($"{where}: 'input' is missing.");
        }
        if (entry.Named.Any(stated => stated.Rate is < 0 or > MaxRate))
        {
            throw new InvalidPriceFileException($"{where}: a price must be from 0 to {MaxRate} USD per million tokens.");
        }
        var output = entry.Output ?? 0;
        var cached = entry.CachedInput ?? input;
        var write = entry.CacheWrite ?? (chargesForWrites ? input * DefaultCacheWriteFactor : input);
        return new Rates
        {
            Input = Pico(input),
            CachedInput = Pico(cached),
            CachedAudioInput = Pico(entry.CachedAudioInput ?? entry.AudioInput ?? cached),
            CacheWrite = Pico(write),
            CacheWriteHour = Pico(entry.CacheWriteHour ?? Math.Max(write, input * DefaultCacheWriteHourFactor)),
            AudioInput = Pico(entry.AudioInput ?? input),
            ImageInput = Pico(entry.ImageInput ?? input),
            VideoInput = Pico(entry.VideoInput ?? input),
            Output = Pico(output),
            AudioOutput = Pico(entry.AudioOutput ?? output),
            ImageOutput = Pico(entry.ImageOutput ?? output),
            VideoOutput = Pico(entry.VideoOutput ?? output),
            HasAudioOutput = entry.AudioOutput is not null,
            HasImageOutput = entry.ImageOutput is not null,
        };
    }

    private static ModelPrice PriceOf(PriceEntry entry, PricingOptions options, string where)
    {
        if (entry.Provider.Length == 0 || entry.Match.Length == 0)
        {
            throw new InvalidPriceFileException($"{where}: 'provider' must name a provider, and 'match' at least one model.");
        }
        var stated = entry.Tiers ?? [];
        if (entry.MaxOutput < 0 || entry.Context < 0 || stated.Any(tier => tier is null || tier.Above < 0))
        {
            throw new InvalidPriceFileException($"{where}: 'maxOutput', 'context' and 'above' must be numbers of at least 0.");
        }
        var chargesForWrites = !FreeWriters.Contains(entry.Provider);
        var tiers = stated.OrderBy(tier => tier.Above).Select(tier => (tier.Above, Rates(tier, where, chargesForWrites))).ToArray();
        return new ModelPrice(Rates(entry, where, chargesForWrites), tiers, entry.MaxOutput ?? options.DefaultMaxOutputTokens, entry.Context ?? options.DefaultContextTokens, isFallback: false);
    }

    private static int Said(ModelPattern pattern) => pattern.Text.Replace("*", "", StringComparison.Ordinal).Length;

    private static long Pico(decimal usdPerMillion) => (long)decimal.Ceiling(usdPerMillion * PicoPerUsdPerMillion);
}
