namespace CredentialProxy.Core.Pricing;

/// <summary>Where prices come from.</summary>
/// <param name="Name"><c>shipped</c>; <c>own</c> for the operator's file, which goes before; <c>stored</c> for what was set over the API, which goes before both.</param>
/// <param name="Source">What the file says of where it has them from; null for nothing.</param>
/// <param name="Date">What the file says of when they held; null for nothing.</param>
public sealed record PriceSource(string Name, string? Source, string? Date);

/// <summary>An entry of the price table, in dollars for a million tokens; what it does not state is null.</summary>
public sealed record ListedPrice
{
    /// <summary>The <see cref="PriceSource"/>'s name.</summary>
    public required string File { get; init; }

    /// <summary>Of a stored entry, its id; null for one of a file.</summary>
    public string? Id { get; init; }

    /// <summary>The provider.</summary>
    public required string Provider { get; init; }

    /// <summary>Names and patterns of models.</summary>
    public required IReadOnlyList<string> Models { get; init; }

    /// <summary>Input.</summary>
    public required decimal? Input { get; init; }

    /// <summary>Input read from a cache.</summary>
    public required decimal? CachedInput { get; init; }

    /// <summary>Input written to a cache.</summary>
    public required decimal? CacheWrite { get; init; }

    /// <summary>Output.</summary>
    public required decimal? Output { get; init; }

    /// <summary>The most that the model reads, in tokens.</summary>
    public required long? Context { get; init; }

    /// <summary>The most that it writes in one answer, in tokens.</summary>
    public required long? MaxOutput { get; init; }

    internal static ListedPrice Of(PriceEntry entry, string file) => new()
    {
        File = file,
        Provider = entry.Provider,
        Models = entry.Match,
        Input = entry.Input,
        CachedInput = entry.CachedInput,
        CacheWrite = entry.CacheWrite,
        Output = entry.Output,
        Context = entry.Context,
        MaxOutput = entry.MaxOutput,
    };

    internal static ListedPrice Of(StatedPrice stated, string id, string provider, IReadOnlyList<string> models) => new()
    {
        File = PriceLayer.Stored,
        Id = id,
        Provider = provider,
        Models = models,
        Input = stated.Input,
        CachedInput = stated.CachedInput,
        CacheWrite = stated.CacheWrite,
        Output = stated.Output,
        Context = stated.Context,
        MaxOutput = stated.MaxOutput,
    };
}
