using CredentialProxy.Admin.Authorizing;
using CredentialProxy.Admin.Changing;
using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Tokens;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Admin.Api.Prices;

/// <summary>Prices that operators set: set, show, replace, delete; and the table that they are part of.</summary>
internal sealed class PricesApi(IDbContextFactory<StorageContext> storage, Creations creations, ObjectChanges changes, IDirectoryUpdater directory, ProviderCatalog catalog, TimeProvider time)
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/prices").WithTags("Prices");
        group.MapGet("/", (PricesInForce prices, [AsParameters] PriceFilter filter, CancellationToken stop) => prices.ListAsync(filter, stop))
            .Allow(AdminRole.Viewer, AdminRole.Minter).Produces<PricePage>().WithSummary("Lists the prices in force, with their sources and dates").WithDescription("Those that were set here come first, and go before those of the files.");
        group.MapPost("/", (PricesApi api, PriceRequest request, HttpContext http) => api.CreateAsync(request, http))
            .Produces<PriceDocument>(StatusCodes.Status201Created).WithSummary("Sets a price").WithDescription("It holds for every request that a gateway reads from then on. Takes an Idempotency-Key; the same call again is answered with the price that it set.");
        group.MapGet("/{id}", (PricesApi api, string id, HttpContext http) => api.GetAsync(id, http))
            .Allow(AdminRole.Viewer, AdminRole.Minter).Produces<PriceDocument>().WithSummary("Shows a price that was set here");
        group.MapPut("/{id}", (PricesApi api, string id, PriceRequest request, HttpContext http) => api.ReplaceAsync(id, request, http))
            .Produces<PriceDocument>().WithSummary("Replaces a price by what the request states").WithDescription("What is left out is not stated any more. With If-Match, only the version that it names.");
        group.MapDelete("/{id}", (PricesApi api, string id, HttpContext http) => api.DeleteAsync(id, http))
            .Produces(StatusCodes.Status204NoContent).WithSummary("Deletes a price, so that those of the files hold");
    }

    /// <summary>Sets a price.</summary>
    public Task<IResult> CreateAsync(PriceRequest request, HttpContext http) => creations.RunAsync(http, new Creation<PriceRow>
    {
        Kind = "price",
        Request = request,
        Make = async context =>
        {
            // As it is kept, so that it is answered now as it is ever after.
            var now = DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());
            var row = new PriceRow { Id = ObjectIds.New("price"), Provider = "", StatedJson = "", CreatedAt = now };
            if (await ApplyAsync(context, row, request, http.RequestAborted) is { } problem)
            {
                return (null, problem);
            }
            // Those that come at once may go beyond it by as many: it bounds memory, and promises nothing.
            if (await context.Prices.CountAsync(http.RequestAborted) >= OperatorPrice.MaxCount)
            {
                return (null, new ApiProblem(StatusCodes.Status409Conflict, "too_many_prices", $"At most {OperatorPrice.MaxCount} prices are stored. Delete some, name several models in one, or use a price file."));
            }
            context.Prices.Add(row);
            return (row, null);
        },
        Snapshot = PriceDocument.Of,
        Answer = async row =>
        {
            await directory.PricesChangedAsync(CancellationToken.None);
            return Created(row);
        },
        AnswerAgain = row => Task.FromResult(Created(row)),
        Duplicate = Duplicate(null),
    });

    /// <summary>Shows a price.</summary>
    public async Task<IResult> GetAsync(string id, HttpContext http)
    {
        await using var context = await storage.CreateDbContextAsync(http.RequestAborted);
        var row = await context.Prices.AsNoTracking().FirstOrDefaultAsync(price => price.Id == id, http.RequestAborted);
        if (row is null)
        {
            return ApiProblem.NotFound("price").ToResult();
        }
        EntityTags.Write(http, row);
        return Results.Ok(PriceDocument.Of(row));
    }

    /// <summary>Replaces a price.</summary>
    public async Task<IResult> ReplaceAsync(string id, PriceRequest request, HttpContext http)
    {
        var (row, problem) = await changes.RunAsync(http, Change("price.change", id, (context, row) => ApplyAsync(context, row, request, http.RequestAborted)));
        if (row is null)
        {
            return problem!.ToResult();
        }
        await directory.PricesChangedAsync(CancellationToken.None);
        EntityTags.Write(http, row);
        return Results.Ok(PriceDocument.Of(row));
    }

    /// <summary>Deletes a price.</summary>
    public async Task<IResult> DeleteAsync(string id, HttpContext http)
    {
        var (row, problem) = await changes.RunAsync(http, Change("price.delete", id, (context, row) =>
        {
            context.Prices.Remove(row);
            return Task.FromResult<ApiProblem?>(null);
        }));
        if (row is null)
        {
            return problem!.ToResult();
        }
        await directory.PricesChangedAsync(CancellationToken.None);
        return Results.NoContent();
    }

    private async Task<ApiProblem?> ApplyAsync(StorageContext context, PriceRow row, PriceRequest request, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        PriceRequests.Check(request, catalog.Names, errors);
        if (errors.Problem is { } problem)
        {
            return problem;
        }
        var (provider, match) = (request.Provider!, request.Match!);
        var other = await context.Prices.AsNoTracking().Where(price => price.Id != row.Id && price.Match.Any(taken => taken.Provider == provider && match.Contains(taken.Pattern))).FirstOrDefaultAsync(cancellationToken);
        if (other is not null)
        {
            return Duplicate(other.Id);
        }
        row.StatedJson = OperatorPrice.Write(request);
        // Those that stay are left alone, or each would be taken out and put in again.
        row.Match.RemoveAll(taken => taken.Provider != provider || !match.Contains(taken.Pattern));
        row.Match.AddRange(match.Except(row.Match.Select(taken => taken.Pattern)).Select(pattern => new PriceMatchRow { Provider = provider, Pattern = pattern }));
        row.Provider = provider;
        return null;
    }

    private static ObjectChange<PriceRow> Change(string action, string id, Func<StorageContext, PriceRow, Task<ApiProblem?>> apply) => new()
    {
        Kind = "price",
        Action = action,
        Find = context => context.Prices.FirstOrDefaultAsync(price => price.Id == id),
        Apply = apply,
        Snapshot = PriceDocument.Of,
        Duplicate = Duplicate(null),
    };

    private static ApiProblem Duplicate(string? id) =>
        new(StatusCodes.Status409Conflict, "duplicate_price", "There is a stored price for one of these names or patterns already. Change that, or leave the name out.") { ObjectId = id };

    private static IResult Created(PriceRow row) => Results.Created($"/api/prices/{row.Id}", PriceDocument.Of(row));
}
