using System.Globalization;
using CredentialProxy.Admin.Auditing;
using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Tokens;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Admin.Api;

/// <summary>Tokens: make, list, show, change, revoke, delete.</summary>
internal sealed class TokensApi(
    IDbContextFactory<StorageContext> storage,
    IDirectoryUpdater directory,
    IQuotaAuthority authority,
    SettlementBarrier settled,
    ProviderCatalog catalog,
    SessionTokenMinter minter,
    TimeProvider time)
{
    private const int MaxPageSize = 200;

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/tokens").WithTags("Tokens");
        group.MapPost("/", (TokensApi api, TokenRequest request, HttpContext http) => api.CreateAsync(request, http)).Produces<TokenDocument>(StatusCodes.Status201Created);
        group.MapGet("/", (TokensApi api, string? cursor, int? limit, string? project, CancellationToken stop) => api.ListAsync(cursor, limit, project, stop));
        group.MapGet("/{id}", (TokensApi api, string id, CancellationToken stop) => api.GetAsync(id, stop)).Produces<TokenDocument>();
        group.MapPatch("/{id}", (TokensApi api, string id, TokenRequest request, HttpContext http) => api.ChangeAsync(id, request, http)).Produces<TokenDocument>();
        group.MapPost("/{id}/revoke", (TokensApi api, string id, HttpContext http) => api.RevokeAsync(id, http));
        group.MapDelete("/{id}", (TokensApi api, string id, HttpContext http) => api.DeleteAsync(id, http));
    }

    /// <summary>Makes a token. The answer alone holds it.</summary>
    public async Task<IResult> CreateAsync(TokenRequest request, HttpContext http)
    {
        var errors = new FieldErrors();
        errors.Require(request.Kind is "session" or "proxy", "kind", "must be 'session' or 'proxy'");
        errors.Require(request.Status is null, "status", "must not be there: a new token is active");
        errors.Require(request.Token is null || (request.Kind == "proxy" && ProxyToken.IsAcceptable(request.Token)), "token", $"must be {ProxyToken.MinCustomLength} to {ProxyToken.MaxCustomLength} printable characters, of a proxy token only");
        var now = time.GetUtcNow();
        var row = new TokenRow { Id = ObjectIds.New("tok"), Kind = request.Kind ?? "", LastFour = "", CreatedAt = now };
        await using var context = await storage.CreateDbContextAsync(http.RequestAborted);
        await new TokenRequestReader(request, catalog, errors).ApplyAsync(row, context, now, http.RequestAborted);
        if (row.Kind == "session")
        {
            CheckLifetime(row, now, errors);
        }
        if (errors.Problem is { } problem)
        {
            return problem.ToResult();
        }
        var token = row.Kind == "session" ? minter.MintStored(row.Id, row.ProjectId ?? row.Id, row.ExpiresAt!.Value) : request.Token ?? ProxyToken.Generate();
        row.LastFour = ProxyToken.LastFour(token);
        row.Hash = row.Kind == "proxy" ? TokenHash.Of(token).ToString() : null;
        if (row.Hash is not null && await context.Tokens.AnyAsync(other => other.Hash == row.Hash, http.RequestAborted))
        {
            return Duplicate.ToResult();
        }
        context.Tokens.Add(row);
        context.Note(http, time, "token.create", row.Id, new { row.Kind, row.Label, row.ProjectId, row.Providers, row.Models, row.Endpoints, row.Features, limits = row.LimitsJson, row.ExpiresAt });
        try
        {
            await context.SaveChangesAsync(http.RequestAborted);
        }
        catch (DbUpdateException) when (request.Token is not null)
        {
            // Somebody made the same one in between.
            return Duplicate.ToResult();
        }
        await directory.TokenChangedAsync(row.Id, CancellationToken.None);
        return Results.Created($"/api/tokens/{row.Id}", Describe(row, LimitRequests.Describe(row.LimitsJson), token));
    }

    /// <summary>Lists tokens, newest first, a page at a time.</summary>
    public async Task<IResult> ListAsync(string? cursor, int? limit, string? project, CancellationToken cancellationToken)
    {
        var size = limit ?? 50;
        if (size is < 1 or > MaxPageSize)
        {
            return ApiProblem.Invalid(new Dictionary<string, string> { ["limit"] = $"must be from 1 to {MaxPageSize}" }).ToResult();
        }
        await using var context = await storage.CreateDbContextAsync(cancellationToken);
        var tokens = context.Tokens.AsNoTracking().Where(token => project == null || token.ProjectId == project);
        if (cursor is not null)
        {
            if (!TryReadCursor(cursor, out var createdAt, out var id))
            {
                return ApiProblem.Invalid(new Dictionary<string, string> { ["cursor"] = "must be one that a list answered" }).ToResult();
            }
            tokens = tokens.Where(token => token.CreatedAt < createdAt || (token.CreatedAt == createdAt && string.Compare(token.Id, id) < 0));
        }
        var rows = await tokens.OrderByDescending(token => token.CreatedAt).ThenByDescending(token => token.Id).Take(size + 1).ToListAsync(cancellationToken);
        var next = rows.Count > size ? $"{rows[size - 1].CreatedAt.ToUnixTimeMilliseconds()}.{rows[size - 1].Id}" : null;
        return Results.Ok(new { tokens = rows.Take(size).Select(row => Describe(row, LimitRequests.Describe(row.LimitsJson), null)), nextCursor = next });
    }

    /// <summary>Shows a token and what is left of its limits.</summary>
    public async Task<IResult> GetAsync(string id, CancellationToken cancellationToken)
    {
        await using var context = await storage.CreateDbContextAsync(cancellationToken);
        var row = await context.Tokens.AsNoTracking().FirstOrDefaultAsync(token => token.Id == id, cancellationToken);
        if (row is null)
        {
            return ApiProblem.NotFound("token").ToResult();
        }
        await settled.WaitAsync(cancellationToken);
        return Results.Ok(Describe(row, await LimitRequests.StatesAsync(AccountId.Token(row.Id), row.LimitsJson, authority, cancellationToken), null));
    }

    /// <summary>Changes what the request states.</summary>
    public async Task<IResult> ChangeAsync(string id, TokenRequest request, HttpContext http)
    {
        await using var context = await storage.CreateDbContextAsync(http.RequestAborted);
        var row = await context.Tokens.FirstOrDefaultAsync(token => token.Id == id, http.RequestAborted);
        if (row is null)
        {
            return ApiProblem.NotFound("token").ToResult();
        }
        var errors = new FieldErrors();
        errors.Require(request.Kind is null || request.Kind == row.Kind, "kind", "can't be changed");
        errors.Require(request.Token is null, "token", "can't be changed");
        errors.Require(request.Status is null or "active" or "disabled", "status", "must be 'active' or 'disabled'");
        errors.Require(request.Status is null || row.RevokedAt is null, "status", "can't be changed: the token has been revoked for good");
        errors.Require(row.Kind != "session" || (request.ExpiresAt is null && request.TtlSeconds is null), "expiresAt", "can't be changed: it is signed into the token");
        await new TokenRequestReader(request, catalog, errors).ApplyAsync(row, context, time.GetUtcNow(), http.RequestAborted);
        if (errors.Problem is { } problem)
        {
            return problem.ToResult();
        }
        row.IsDisabled = request.Status is null ? row.IsDisabled : request.Status == "disabled";
        context.Note(http, time, "token.change", row.Id, request with { Token = null });
        await context.SaveChangesAsync(http.RequestAborted);
        await directory.TokenChangedAsync(row.Id, CancellationToken.None);
        return Results.Ok(Describe(row, LimitRequests.Describe(row.LimitsJson), null));
    }

    /// <summary>Revokes a token for good; of a session token minted elsewhere, by its <c>jti</c>.</summary>
    public async Task<IResult> RevokeAsync(string id, HttpContext http)
    {
        if (id.Length > 256)
        {
            return ApiProblem.NotFound("token").ToResult();
        }
        var now = time.GetUtcNow();
        await using var context = await storage.CreateDbContextAsync(http.RequestAborted);
        var row = await context.Tokens.FirstOrDefaultAsync(token => token.Id == id, http.RequestAborted);
        if (row is not null)
        {
            row.RevokedAt ??= now;
        }
        else if (!await context.Revocations.AnyAsync(revocation => revocation.Jti == id, http.RequestAborted))
        {
            context.Revocations.Add(new RevocationRow { Jti = id, RevokedAt = now });
        }
        context.Note(http, time, "token.revoke", id);
        await context.SaveChangesAsync(http.RequestAborted);
        await (row is null ? directory.RevokedAsync(id, CancellationToken.None) : directory.TokenChangedAsync(id, CancellationToken.None));
        return Results.Ok(new { id, status = "revoked", revokedAt = row?.RevokedAt ?? now });
    }

    /// <summary>Deletes a token; its usage stays.</summary>
    public async Task<IResult> DeleteAsync(string id, HttpContext http)
    {
        await using var context = await storage.CreateDbContextAsync(http.RequestAborted);
        var row = await context.Tokens.FirstOrDefaultAsync(token => token.Id == id, http.RequestAborted);
        if (row is null)
        {
            return ApiProblem.NotFound("token").ToResult();
        }
        context.Tokens.Remove(row);
        context.Note(http, time, "token.delete", id);
        await context.SaveChangesAsync(http.RequestAborted);
        await directory.TokenChangedAsync(id, CancellationToken.None);
        return Results.NoContent();
    }

    private static ApiProblem Duplicate { get; } = new(StatusCodes.Status409Conflict, "duplicate_token", "There is such a token already; choose another.");

    private void CheckLifetime(TokenRow row, DateTimeOffset now, FieldErrors errors)
    {
        try
        {
            var lifetime = minter.CheckLifetime(row.ExpiresAt - now);
            row.ExpiresAt ??= now + lifetime;
        }
        catch (ArgumentException e)
        {
            errors.Require(false, "expiresAt", e.Message.Split(" (Parameter")[0]);
        }
    }

    private static bool TryReadCursor(string cursor, out DateTimeOffset createdAt, out string id)
    {
        (createdAt, id) = (default, "");
        var dot = cursor.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0 || cursor.Length > 100 || !long.TryParse(cursor.AsSpan(0, dot), NumberStyles.None, CultureInfo.InvariantCulture, out var ms) || ms > 253_402_300_799_999)
        {
            return false;
        }
        (createdAt, id) = (DateTimeOffset.FromUnixTimeMilliseconds(ms), cursor[(dot + 1)..]);
        return true;
    }

    private TokenDocument Describe(TokenRow row, IReadOnlyList<LimitState> limits, string? token) => new()
    {
        Id = row.Id,
        Token = token,
        Kind = row.Kind,
        Status = row.RevokedAt is not null ? "revoked" : row.ExpiresAt <= time.GetUtcNow() ? "expired" : row.IsDisabled ? "disabled" : "active",
        Label = row.Label,
        LastFour = row.LastFour,
        Project = row.ProjectId,
        Credential = row.CredentialId,
        Providers = row.Providers,
        Models = row.Models,
        Endpoints = row.Endpoints,
        Features = row.Features,
        Limits = limits,
        Cidrs = row.Cidrs,
        Origins = row.Origins,
        CreatedAt = row.CreatedAt,
        ExpiresAt = row.ExpiresAt,
        LastUsedAt = row.LastUsedAt,
    };
}
