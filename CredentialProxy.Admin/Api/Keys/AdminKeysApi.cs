using System.Buffers.Text;
using System.Security.Cryptography;
using CredentialProxy.Admin.Authorizing;
using CredentialProxy.Admin.Changing;
using CredentialProxy.Admin.Listing;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Tokens;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Admin.Api.Keys;

/// <summary>Keys of the control plane: make, list, show, revoke, delete. They can't be changed: a key that should do something else is another key.</summary>
internal sealed class AdminKeysApi(IDbContextFactory<StorageContext> storage, Creations creations, ObjectChanges changes, ProviderCatalog catalog, TimeProvider time)
{
    private const int MaxLabelLength = 200;
    private const int RandomBytes = 24;
    private static readonly string[] Roles = ["admin", "minter", "viewer"];

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/admin-keys").WithTags("Admin keys");
        group.MapPost("/", (AdminKeysApi api, AdminKeyRequest request, HttpContext http) => api.CreateAsync(request, http)).Produces<AdminKeyDocument>(StatusCodes.Status201Created)
            .WithSummary("Makes a key of the control plane").WithDescription("The answer alone holds the key. Takes an Idempotency-Key; the same call again is answered 409 with the id of the key that it made.");
        group.MapGet("/", (AdminKeysApi api, [AsParameters] AdminKeyFilter filter, CancellationToken stop) => api.ListAsync(filter, stop))
            .Allow(AdminRole.Viewer).Produces<AdminKeyPage>().WithSummary("Lists keys, newest first");
        group.MapGet("/{id}", (AdminKeysApi api, string id, HttpContext http) => api.GetAsync(id, http)).Allow(AdminRole.Viewer).Produces<AdminKeyDocument>().WithSummary("Shows a key's settings");
        group.MapPost("/{id}/revoke", (AdminKeysApi api, string id, HttpContext http) => api.RevokeAsync(id, http))
            .Produces<AdminKeyDocument>().WithSummary("Revokes a key for good").WithDescription("Its next call is refused. Tokens that it has minted stay.");
        group.MapDelete("/{id}", (AdminKeysApi api, string id, HttpContext http) => api.DeleteAsync(id, http)).Produces(StatusCodes.Status204NoContent).WithSummary("Deletes a key");
    }

    /// <summary>Makes a key. The answer alone holds it.</summary>
    public Task<IResult> CreateAsync(AdminKeyRequest request, HttpContext http)
    {
        var key = AdminKeys.Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes));
        return creations.RunAsync(http, new Creation<AdminKeyRow>
        {
            Kind = "admin-key",
            Request = request,
            Make = context =>
            {
                var (row, problem) = Make(request, key);
                if (row is not null)
                {
                    context.AdminKeys.Add(row);
                }
                return Task.FromResult((row, problem));
            },
            Snapshot = row => Show(row),
            Answer = row => Task.FromResult(Results.Created($"/api/admin-keys/{row.Id}", Show(row) with { Key = key })),
            Duplicate = new ApiProblem(StatusCodes.Status409Conflict, "duplicate_admin_key", "There is such a key already."),
        });
    }

    /// <summary>Lists keys, newest first.</summary>
    public async Task<IResult> ListAsync(AdminKeyFilter filter, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        var page = PageRequest.Read(filter.Limit, filter.Cursor, errors);
        var (role, search) = (Filters.Word(filter.Role, "role", Roles, errors), Filters.Text(filter.Search, "search", errors));
        if (errors.Problem is { } problem)
        {
            return problem.ToResult();
        }
        await using var context = await storage.CreateDbContextAsync(cancellationToken);
        var keys = context.AdminKeys.AsNoTracking().Where(key => role == null || key.Role == role);
        if (search is not null)
        {
            keys = keys.Search(search, key => key.Label, key => key.Id);
        }
        if (page.After is { } after)
        {
            var (time, id) = (after.Time, after.Text);
            keys = keys.Where(key => key.CreatedAt < time || (key.CreatedAt == time && string.Compare(key.Id, id) < 0));
        }
        var rows = await keys.OrderByDescending(key => key.CreatedAt).ThenByDescending(key => key.Id).Take(page.Size + 1).ToListAsync(cancellationToken);
        var (shown, next) = page.Cut(rows, row => Cursor.Of(row.CreatedAt, row.Id));
        return Results.Ok(new AdminKeyPage([.. shown.Select(Show)], next));
    }

    /// <summary>Shows a key's settings.</summary>
    public async Task<IResult> GetAsync(string id, HttpContext http)
    {
        await using var context = await storage.CreateDbContextAsync(http.RequestAborted);
        var row = await context.AdminKeys.AsNoTracking().FirstOrDefaultAsync(key => key.Id == id, http.RequestAborted);
        if (row is null)
        {
            return ApiProblem.NotFound("admin key").ToResult();
        }
        EntityTags.Write(http, row);
        return Results.Ok(Show(row));
    }

    /// <summary>Revokes a key for good.</summary>
    public async Task<IResult> RevokeAsync(string id, HttpContext http)
    {
        var (row, problem) = await changes.RunAsync(http, Change("admin-key.revoke", id, (_, row) => row.RevokedAt ??= time.GetUtcNow()));
        if (row is null)
        {
            return problem!.ToResult();
        }
        EntityTags.Write(http, row);
        return Results.Ok(Show(row));
    }

    /// <summary>Deletes a key.</summary>
    public async Task<IResult> DeleteAsync(string id, HttpContext http)
    {
        var (row, problem) = await changes.RunAsync(http, Change("admin-key.delete", id, (context, row) => context.AdminKeys.Remove(row)));
        return row is null ? problem!.ToResult() : Results.NoContent();
    }

    private (AdminKeyRow? Row, ApiProblem? Problem) Make(AdminKeyRequest request, string key)
    {
        var errors = new FieldErrors();
        var now = time.GetUtcNow();
        errors.Require(request.Label is null || (request.Label.Length <= MaxLabelLength && !request.Label.Any(char.IsControl)), "label", $"must be at most {MaxLabelLength} characters, none of them a control character");
        errors.Require(Roles.Contains(request.Role), "role", $"must be {string.Join(", ", Roles)}");
        errors.Require((request.Role == "minter") == (request.Ceilings is not null), "ceilings", "must be there for the role 'minter', and for no other");
        var ceilings = CeilingsRequest.Check(request.Ceilings, catalog, errors);
        var expiresAt = request.ExpiresAt is null ? null : Times.ReadEnd(request.ExpiresAt, now, errors);
        return errors.Problem is { } problem
            ? (null, problem)
            : (new AdminKeyRow
            {
                Id = ObjectIds.New("adm"),
                Hash = TokenHash.Of(key).ToString(),
                LastFour = ProxyToken.LastFour(key),
                Label = request.Label ?? "",
                Role = request.Role!,
                CeilingsJson = ceilings?.Write(),
                CreatedAt = now,
                ExpiresAt = expiresAt,
            },
            null);
    }

    private ObjectChange<AdminKeyRow> Change(string action, string id, Action<StorageContext, AdminKeyRow> apply) => new()
    {
        Kind = "admin key",
        Action = action,
        Find = context => context.AdminKeys.FirstOrDefaultAsync(key => key.Id == id),
        Apply = (context, row) =>
        {
            apply(context, row);
            return Task.FromResult<ApiProblem?>(null);
        },
        Snapshot = Show,
    };

    private AdminKeyDocument Show(AdminKeyRow row) => AdminKeyDocument.Of(row, time.GetUtcNow());
}
