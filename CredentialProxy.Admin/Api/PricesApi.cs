using CredentialProxy.Admin.Authorizing;
using CredentialProxy.Admin.Listing;
using CredentialProxy.Core.Pricing;

namespace CredentialProxy.Admin.Api;

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
internal sealed record PriceFilter(int? Limit, string? Cursor, string? Provider, string? Search);

/// <summary>The price table in force.</summary>
internal sealed class PricesApi(PriceTable prices)
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/prices", (PricesApi api, [AsParameters] PriceFilter filter) => api.List(filter)).WithTags("Prices")
            .Allow(AdminRole.Viewer, AdminRole.Minter).Produces<PricePage>().WithSummary("Lists the prices in force, with their sources and dates");

    /// <summary>Answers a page.</summary>
    public IResult List(PriceFilter filter)
    {
        var errors = new FieldErrors();
        var page = PageRequest.Read(filter.Limit, filter.Cursor, errors);
        var (provider, search) = (Filters.Text(filter.Provider, "provider", errors), Filters.Text(filter.Search, "search", errors));
        if (errors.Problem is { } problem)
        {
            return problem.ToResult();
        }
        // The table stays the same as long as the process runs, so a place in it is a cursor.
        var rows = prices.Listed.Select((entry, index) => (Entry: entry, Index: index)).Skip(page.After is { } after ? (int)Math.Clamp(after.Number, -1, prices.Listed.Count) + 1 : 0)
            .Where(row => provider is null || row.Entry.Provider == provider)
            .Where(row => search is null || row.Entry.Models.Any(model => model.Contains(search, StringComparison.OrdinalIgnoreCase)))
            .Take(page.Size + 1).ToList();
        var (shown, next) = page.Cut(rows, row => new Cursor(row.Index, ""));
        var (input, output) = prices.Fallback.UsdPerMillion;
        return Results.Ok(new PricePage("USD per million tokens", prices.Sources, new FallbackPrice(input, output), [.. shown.Select(row => row.Entry)], next));
    }
}
