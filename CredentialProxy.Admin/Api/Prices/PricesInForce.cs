using CredentialProxy.Admin.Listing;
using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Storage;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Admin.Api.Prices;

/// <summary>What a model costs that no entry matches, in dollars for a million tokens.</summary>
/// <param name="Input">Input.</param>
/// <param name="Output">Output.</param>
public sealed record FallbackPrice(decimal Input, decimal Output);

/// <summary>A page of the price table in force.</summary>
/// <param name="Unit">What prices are in.</param>
/// <param name="Sources">Where they come from, and of when they are; the first goes before.</param>
/// <param name="Fallback">What a model costs that no entry matches.</param>
/// <param name="Prices">The entries.</param>
/// <param name="NextCursor">What to ask for the next page with; null at the end.</param>
public sealed record PricePage(string Unit, IReadOnlyList<PriceSource> Sources, FallbackPrice Fallback, IReadOnlyList<ListedPrice> Prices, string? NextCursor);

/// <summary>Filters of the price table; all of them apply together.</summary>
/// <param name="Limit">Most entries in a page, 1 to 200; 50 when absent.</param>
/// <param name="Cursor">The <c>nextCursor</c> of the page before.</param>
/// <param name="Provider">The provider's name.</param>
/// <param name="Search">A part of a model's name; letter case does not matter.</param>
/// <param name="File">Where entries come from: <c>stored</c>, <c>own</c> or <c>shipped</c>.</param>
internal sealed record PriceFilter(int? Limit, string? Cursor, string? Provider, string? Search, string? File);

/// <summary>The price table in force: stored entries, oldest first, then those of the files.</summary>
internal sealed class PricesInForce(IDbContextFactory<StorageContext> storage, IDirectory directory)
{
    private static readonly string[] Files = [PriceLayer.Stored, PriceLayer.Own, PriceLayer.Shipped];

    /// <summary>Answers a page.</summary>
    public async Task<IResult> ListAsync(PriceFilter filter, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        var page = PageRequest.Read(filter.Limit, filter.Cursor, errors);
        var (provider, search) = (Filters.Text(filter.Provider, "provider", errors), Filters.Text(filter.Search, "search", errors));
        var file = Filters.Word(filter.File, "file", Files, errors);
        if (errors.Problem is { } problem)
        {
            return problem.ToResult();
        }
        var table = directory.Prices;
        var rows = (await StoredAsync(cancellationToken)).Concat(OfFiles(table)).Where(row => page.After is not { } after || IsAfter(row.Place, after))
            .Where(row => file is null || row.Entry.File == file)
            .Where(row => provider is null || row.Entry.Provider == provider)
            .Where(row => search is null || row.Entry.Models.Any(model => model.Contains(search, StringComparison.OrdinalIgnoreCase)))
            .Take(page.Size + 1).ToList();
        var (shown, next) = page.Cut(rows, row => row.Place);
        var (input, output) = table.Fallback.UsdPerMillion;
        return Results.Ok(new PricePage("USD per million tokens", table.Sources, new FallbackPrice(input, output), [.. shown.Select(row => row.Entry)], next));
    }

    // From the store, where a price is as soon as its caller has been answered. There are few of them.
    private async Task<IEnumerable<(ListedPrice Entry, Cursor Place)>> StoredAsync(CancellationToken cancellationToken)
    {
        await using var context = await storage.CreateDbContextAsync(cancellationToken);
        var rows = await context.Prices.AsNoTracking().ToListAsync(cancellationToken);
        return rows.Select(row => (Entry: PriceDocument.Of(row).Listed, Place: Cursor.Of(row.CreatedAt, row.Id))).OrderBy(row => row.Place.Number).ThenBy(row => row.Place.Text, StringComparer.Ordinal);
    }

    // The files stay the same as long as the process runs, so a place in them is a cursor.
    private static IEnumerable<(ListedPrice Entry, Cursor Place)> OfFiles(PriceTable table) =>
        table.Listed.Where(entry => entry.File != PriceLayer.Stored).Select((entry, index) => (entry, new Cursor(index, "")));

    // Only a stored entry's place has an id, and all of them come before the files'.
    private static bool IsAfter(Cursor place, Cursor after) => (place.Text.Length > 0, after.Text.Length > 0) switch
    {
        (true, false) => false,
        (false, true) => true,
        (false, false) => place.Number > after.Number,
        _ => place.Number > after.Number || (place.Number == after.Number && string.CompareOrdinal(place.Text, after.Text) > 0),
    };
}
