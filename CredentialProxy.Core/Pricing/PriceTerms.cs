using CredentialProxy.Core.Grants;

namespace CredentialProxy.Core.Pricing;

/// <summary>What one price file says of factors and tools.</summary>
internal sealed class PriceTerms
{
    /// <summary>The most that a price may be multiplied by.</summary>
    public const decimal MaxFactor = 1000;

    /// <summary>The most that a call of a tool may cost, in USD.</summary>
    public const decimal MaxToolPrice = 1000;

    private const decimal PicoPerUsd = 1_000_000_000_000;

    private readonly (PriceFactorEntry Entry, ModelPattern[] Patterns)[] _factors;
    private readonly (ToolPriceEntry Entry, ModelPattern[] Patterns)[] _tools;

    /// <summary>Reads a file's entries.</summary>
    /// <exception cref="InvalidPriceFileException">An entry makes no sense; the message names it.</exception>
    public PriceTerms(PriceFile file, string name)
    {
        _factors = Read(file.Factors, $"{name}, factors");
        _tools = Read(file.Tools, $"{name}, tools");
        foreach (var (entry, _) in _factors)
        {
            if (new[] { entry.Auto, entry.Flex, entry.Batch, entry.Priority, entry.Fast, entry.Ultrafast, entry.Us }.Any(factor => factor is < 0 or > MaxFactor))
            {
                throw new InvalidPriceFileException($"{name}, factors of '{entry.Provider}': a factor must be from 0 to {MaxFactor}.");
            }
        }
        foreach (var (entry, _) in _tools)
        {
            if (entry.PerCall is < 0 or > MaxToolPrice || entry.PerRequest is < 0 or > MaxToolPrice || entry.TokensPerCall < 0 || entry.Tool == HostedTool.None)
            {
                throw new InvalidPriceFileException($"{name}, tool {entry.Tool} of '{entry.Provider}': a price must be from 0 to {MaxToolPrice} USD, and 'tokensPerCall' at least 0.");
            }
        }
    }

    /// <summary>The factors of a model; null where this file has none. Of several entries the first that matches counts.</summary>
    public PriceFactorEntry? FactorsOf(string provider, string model)
    {
        foreach (var (entry, patterns) in _factors)
        {
            if (Matches(entry, patterns, provider, model))
            {
                return entry;
            }
        }
        return null;
    }

    /// <summary>Adds the prices of tools for a model to those that are known; of several entries for a tool the first that matches counts.</summary>
    public void AddTools(string provider, string model, ToolPrices prices)
    {
        foreach (var (entry, patterns) in _tools)
        {
            if (Matches(entry, patterns, provider, model))
            {
                prices.Add(entry.Tool, new ToolPrice(Pico(entry.PerCall), Pico(entry.PerRequest), entry.TokensPerCall));
            }
        }
    }

    private static (T Entry, ModelPattern[] Patterns)[] Read<T>(T[]? entries, string where)
        where T : PriceTermEntry =>
        [.. (entries ?? []).Select(entry => entry ?? throw new InvalidPriceFileException($"{where}: an entry is null.")).Select(entry => (entry, Patterns(entry, where)))];

    private static ModelPattern[] Patterns(PriceTermEntry entry, string where) =>
        [.. entry.Match.Select(match => ModelPattern.TryParse(match, out var pattern) ? pattern : throw new InvalidPriceFileException($"{where}: '{match}' is no model name or pattern."))];

    private static bool Matches(PriceTermEntry entry, ModelPattern[] patterns, string provider, string model)
    {
        if (entry.Provider != provider)
        {
            return false;
        }
        foreach (var pattern in patterns)
        {
            if (pattern.Matches(model))
            {
                return true;
            }
        }
        return false;
    }

    private static long Pico(decimal? usd) => (long)decimal.Ceiling((usd ?? 0) * PicoPerUsd);
}
