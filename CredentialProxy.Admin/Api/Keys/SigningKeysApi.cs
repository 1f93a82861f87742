using CredentialProxy.Admin.Authorizing;
using CredentialProxy.Admin.Changing;
using CredentialProxy.Admin.Issuing;
using CredentialProxy.Admin.Listing;
using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Tokens.Keys;
using CredentialProxy.Core.Vault;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Admin.Api.Keys;

/// <summary>Keys that sign session tokens: make the next one, list, show, retire, delete.</summary>
internal sealed class SigningKeysApi(
    IDbContextFactory<StorageContext> storage, Creations creations, ObjectChanges changes, IDirectoryUpdater directory, TokenSigners signers, CredentialVault vault, TimeProvider time)
{
    private static ApiProblem Duplicate { get; } = new(StatusCodes.Status409Conflict, "duplicate_signing_key", "There is such a signing key already.");

    private static ApiProblem TooMany { get; } =
        new(StatusCodes.Status409Conflict, "too_many_signing_keys", $"At most {SigningKeyLine.MaxKeys} signing keys are in use at a time. Retire those that are needed no more.");

    private static ApiProblem InUse { get; } = new(StatusCodes.Status409Conflict, "signing_key_in_use", "The key is in use. Retire it first, which ends the tokens that it signed.");

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/signing-keys").WithTags("Signing keys");
        group.MapPost("/", (SigningKeysApi api, SigningKeyRequest request, HttpContext http) => api.CreateAsync(request, http)).Produces<SigningKeyDocument>(StatusCodes.Status201Created)
            .WithSummary("Makes the next signing key").WithDescription("Gateways know it at once, and it signs from 'activatesAt' on. Tokens that were signed before stay good until they expire.");
        group.MapGet("/", (SigningKeysApi api, int? limit, string? cursor, CancellationToken stop) => api.ListAsync(limit, cursor, stop))
            .Allow(AdminRole.Viewer).Produces<SigningKeyPage>().WithSummary("Lists signing keys, newest first");
        group.MapGet("/{id}", (SigningKeysApi api, string id, HttpContext http) => api.GetAsync(id, http)).Allow(AdminRole.Viewer).Produces<SigningKeyDocument>().WithSummary("Shows a signing key");
        group.MapPost("/{id}/retire", (SigningKeysApi api, string id, HttpContext http) => api.RetireAsync(id, http)).Produces<SigningKeyDocument>()
            .WithSummary("Retires a signing key for good").WithDescription("For a key that somebody else may have: tokens that it signed are refused at once, and their running requests end. Where it was the one that signs, another takes its place.");
        group.MapDelete("/{id}", (SigningKeysApi api, string id, HttpContext http) => api.DeleteAsync(id, http)).Produces(StatusCodes.Status204NoContent).WithSummary("Deletes a retired signing key");
    }

    /// <summary>Makes the next key.</summary>
    public Task<IResult> CreateAsync(SigningKeyRequest request, HttpContext http) => creations.RunAsync(http, new Creation<SigningKeyRow>
    {
        Kind = "signing-key",
        Request = request,
        Make = context => MakeAsync(request, context, http.RequestAborted),
        Snapshot = row => Show(row, null),
        Answer = async row =>
        {
            await directory.SigningKeysChangedAsync(CancellationToken.None);
            return await CreatedAsync(row);
        },
        AnswerAgain = CreatedAsync,
        Duplicate = Duplicate,
    });

    /// <summary>Lists keys, newest first.</summary>
    public async Task<IResult> ListAsync(int? limit, string? cursor, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        var page = PageRequest.Read(limit, cursor, errors);
        if (errors.Problem is { } problem)
        {
            return problem.ToResult();
        }
        await using var context = await storage.CreateDbContextAsync(cancellationToken);
        var keys = context.SigningKeys.AsNoTracking();
        if (page.After is { } after)
        {
            var (time, id) = (after.Time, after.Text);
            keys = keys.Where(key => key.CreatedAt < time || (key.CreatedAt == time && string.Compare(key.Id, id) < 0));
        }
        var rows = await keys.OrderByDescending(key => key.CreatedAt).ThenByDescending(key => key.Id).Take(page.Size + 1).ToListAsync(cancellationToken);
        var (shown, next) = page.Cut(rows, row => Cursor.Of(row.CreatedAt, row.Id));
        var signing = await signers.SigningAsync(context, cancellationToken);
        return Results.Ok(new SigningKeyPage([.. shown.Select(row => Show(row, signing?.Id))], next));
    }

    /// <summary>Shows a key.</summary>
    public async Task<IResult> GetAsync(string id, HttpContext http)
    {
        await using var context = await storage.CreateDbContextAsync(http.RequestAborted);
        var row = await context.SigningKeys.AsNoTracking().FirstOrDefaultAsync(key => key.Id == id, http.RequestAborted);
        return row is null ? ApiProblem.NotFound("signing key").ToResult() : await AnswerAsync(row, http);
    }

    /// <summary>Retires a key for good.</summary>
    public async Task<IResult> RetireAsync(string id, HttpContext http)
    {
        var (row, problem) = await changes.RunAsync(http, Change("signing-key.retire", id, (context, row) => RetireAsync(context, row, http.RequestAborted)));
        if (row is null)
        {
            return problem!.ToResult();
        }
        await directory.SigningKeysChangedAsync(CancellationToken.None);
        return await AnswerAsync(row, http);
    }

    /// <summary>Deletes a key that is retired.</summary>
    public async Task<IResult> DeleteAsync(string id, HttpContext http)
    {
        var (row, problem) = await changes.RunAsync(http, Change("signing-key.delete", id, (context, row) =>
        {
            if (row.RetiredAt is not null)
            {
                context.SigningKeys.Remove(row);
            }
            return Task.FromResult(row.RetiredAt is null ? InUse : null);
        }));
        return row is null ? problem!.ToResult() : Results.NoContent();
    }

    private async Task<(SigningKeyRow? Row, ApiProblem? Problem)> MakeAsync(SigningKeyRequest request, StorageContext context, CancellationToken cancellationToken)
    {
        var (errors, now) = (new FieldErrors(), time.GetUtcNow());
        var isKnown = SigningAlgorithms.TryParse(request.Algorithm ?? SigningAlgorithms.Names[0], out var algorithm);
        errors.Require(isKnown, "algorithm", $"must be among {string.Join(", ", SigningAlgorithms.Names)}");
        var line = await signers.LineAsync(context.SigningKeys, cancellationToken);
        var activatesAt = request.ActivatesAt is null ? Later(now + PublishedKeys.KeptFor, line.LastActivatesAt) : Times.ReadMoment(request.ActivatesAt, "activatesAt", errors) ?? now;
        errors.Require(activatesAt <= now + SigningKeyLine.LongestAhead, "activatesAt", $"must be at most {SigningKeyLine.LongestAhead.TotalDays} days from now");
        if (request.ActivatesAt is not null)
        {
            activatesAt = Later(activatesAt, now);
            errors.Require(line.LastActivatesAt is not { } last || activatesAt >= last, "activatesAt", $"must not be before {line.LastActivatesAt:O}, when another key begins; retire that one to go before it");
        }
        if (errors.Problem is { } problem)
        {
            return (null, problem);
        }
        if (line.Count >= SigningKeyLine.MaxKeys)
        {
            return (null, TooMany);
        }
        return (Append(context, line, SigningKeyFactory.Make(algorithm, now, activatesAt, vault)), null);
    }

    private async Task<ApiProblem?> RetireAsync(StorageContext context, SigningKeyRow row, CancellationToken cancellationToken)
    {
        if (row.RetiredAt is null)
        {
            var (line, now) = (await signers.LineAsync(context.SigningKeys, cancellationToken), time.GetUtcNow());
            if (!line.TryRetire(row, now))
            {
                _ = SigningAlgorithms.TryParse(row.Algorithm, out var algorithm);
                Append(context, line, SigningKeyFactory.Make(algorithm, now, now, vault));
            }
        }
        return null;
    }

    private static SigningKeyRow Append(StorageContext context, SigningKeyLine line, SigningKeyRow row)
    {
        line.Append(row);
        context.SigningKeys.Add(row);
        return row;
    }

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset? other) => other > one ? other.Value : one;

    private ObjectChange<SigningKeyRow> Change(string action, string id, Func<StorageContext, SigningKeyRow, Task<ApiProblem?>> apply) => new()
    {
        Kind = "signing key",
        Action = action,
        Find = context => context.SigningKeys.FirstOrDefaultAsync(key => key.Id == id),
        Apply = apply,
        Snapshot = row => Show(row, null),
        Duplicate = Duplicate,
    };

    private async Task<IResult> CreatedAsync(SigningKeyRow row)
    {
        await using var context = await storage.CreateDbContextAsync();
        return Results.Created($"/api/signing-keys/{row.Id}", Show(row, (await signers.SigningAsync(context, CancellationToken.None))?.Id));
    }

    private async Task<IResult> AnswerAsync(SigningKeyRow row, HttpContext http)
    {
        await using var context = await storage.CreateDbContextAsync(http.RequestAborted);
        var signing = await signers.SigningAsync(context, http.RequestAborted);
        EntityTags.Write(http, row);
        return Results.Ok(Show(row, signing?.Id));
    }

    private SigningKeyDocument Show(SigningKeyRow row, string? signing) => SigningKeyDocument.Of(row, signing, time.GetUtcNow());
}
