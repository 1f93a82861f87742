using CredentialProxy.Admin.Auditing;
using CredentialProxy.Admin.Authorizing;
using CredentialProxy.Admin.Changing;
using CredentialProxy.Admin.Issuing;
using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Tokens;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Admin.Api.Tokens;

/// <summary>Tokens: make, show, change, revoke, delete. A minter sees those that it made, and no others.</summary>
internal sealed class TokensApi(
    IDbContextFactory<StorageContext> storage,
    Creations creations,
    ObjectChanges changes,
    IDirectoryUpdater directory,
    IQuotaAuthority authority,
    SettlementBarrier settled,
    ProviderCatalog catalog,
    SessionTokenMinter minter,
    TokenSigners signers,
    TimeProvider time)
{
    private const int MaxJtiLength = 256;

    private static ApiProblem Duplicate { get; } = new(StatusCodes.Status409Conflict, "duplicate_token", "There is such a token already; choose another.");

    /// <summary>Makes a token. The answer alone holds it.</summary>
    public async Task<IResult> CreateAsync(TokenRequest request, HttpContext http)
    {
        string? token = null;
        return await creations.RunAsync(http, new Creation<TokenRow>
        {
            Kind = "token",
            Request = request,
            Make = async context =>
            {
                (var row, token, var problem) = await MakeAsync(request, context, Caller(http), http.RequestAborted);
                return (row, problem);
            },
            Snapshot = Show,
            Answer = async row =>
            {
                await directory.TokenChangedAsync(row.Id, CancellationToken.None);
                return Results.Created($"/api/tokens/{row.Id}", Show(row) with { Token = token });
            },
            Duplicate = Duplicate,
        });
    }

    /// <summary>Shows a token and what is left of its limits.</summary>
    public async Task<IResult> GetAsync(string id, HttpContext http)
    {
        await using var context = await storage.CreateDbContextAsync(http.RequestAborted);
        var row = await FindAsync(context, id, http);
        if (row is null)
        {
            return ApiProblem.NotFound("token").ToResult();
        }
        await settled.WaitAsync(http.RequestAborted);
        EntityTags.Write(http, row);
        return Results.Ok(TokenDocument.Of(row, await LimitRequests.StatesAsync(AccountId.Token(row.Id), row.LimitsJson, authority, http.RequestAborted), time.GetUtcNow()));
    }

    /// <summary>Changes what the request states.</summary>
    public async Task<IResult> ChangeAsync(string id, TokenRequest request, HttpContext http)
    {
        var (row, problem) = await changes.RunAsync(http, Change("token.change", id, http, (context, row) => ApplyAsync(request, row, context, Caller(http), http.RequestAborted)));
        return await AnswerAsync(row, problem, http) ?? Results.Ok(Show(row!));
    }

    /// <summary>Revokes a token for good; of a session token minted elsewhere, by its <c>jti</c>.</summary>
    public async Task<IResult> RevokeAsync(string id, HttpContext http)
    {
        var (row, problem) = await changes.RunAsync(http, Change("token.revoke", id, http, (_, row) =>
        {
            row.RevokedAt ??= time.GetUtcNow();
            return Task.FromResult<ApiProblem?>(null);
        }));
        if (row is null && problem!.Status == StatusCodes.Status404NotFound && !Caller(http).SeesOnlyItsOwn && id.Length <= MaxJtiLength && !id.Any(char.IsControl))
        {
            return await RevokeForeignAsync(id, http);
        }
        return await AnswerAsync(row, problem, http) ?? Results.Ok(new RevokedToken(id, "revoked", row!.RevokedAt!.Value));
    }

    /// <summary>Deletes a token; its usage stays.</summary>
    public async Task<IResult> DeleteAsync(string id, HttpContext http)
    {
        var (row, problem) = await changes.RunAsync(http, Change("token.delete", id, http, (context, row) =>
        {
            context.Tokens.Remove(row);
            return Task.FromResult<ApiProblem?>(null);
        }));
        return await AnswerAsync(row, problem, http) ?? Results.NoContent();
    }

    private async Task<(TokenRow? Row, string? Token, ApiProblem? Problem)> MakeAsync(TokenRequest request, StorageContext context, AdminCaller caller, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        errors.Require(request.Kind is "session" or "proxy", "kind", "must be 'session' or 'proxy'");
        errors.Require(request.Status is null, "status", "must not be there: a new token is active");
        errors.Require(request.Token is null || caller.Ceilings is null, "token", "must not be there: a minter's tokens are generated");
        errors.Require(request.Token is null || (request.Kind == "proxy" && ProxyToken.IsAcceptable(request.Token)), "token", $"must be {ProxyToken.MinCustomLength} to {ProxyToken.MaxCustomLength} printable characters, of a proxy token only");
        var now = time.GetUtcNow();
        var row = new TokenRow { Id = ObjectIds.New("tok"), Kind = request.Kind ?? "", LastFour = "", CreatedAt = now, MintedBy = caller.Name };
        await new TokenRequestReader(request, catalog, caller, errors).ApplyAsync(row, context, now, isNew: true, cancellationToken);
        if (row.Kind == "session")
        {
            CheckLifetime(row, now, errors);
        }
        if (errors.Problem is { } problem)
        {
            return (null, null, problem);
        }
        var token = row.Kind == "session"
            ? minter.MintStored(row.Id, row.ProjectId ?? row.Id, row.ExpiresAt!.Value, await signers.ActiveAsync(context, cancellationToken))
            : request.Token ?? ProxyToken.Generate();
        row.LastFour = ProxyToken.LastFour(token);
        row.Hash = row.Kind == "proxy" ? TokenHash.Of(token).ToString() : null;
        if (row.Hash is not null && await context.Tokens.AnyAsync(other => other.Hash == row.Hash, cancellationToken))
        {
            return (null, null, Duplicate);
        }
        context.Tokens.Add(row);
        return (row, token, null);
    }

    private async Task<ApiProblem?> ApplyAsync(TokenRequest request, TokenRow row, StorageContext context, AdminCaller caller, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        errors.Require(request.Kind is null || request.Kind == row.Kind, "kind", "can't be changed");
        errors.Require(request.Token is null, "token", "can't be changed");
        errors.Require(request.Status is null or "active" or "disabled", "status", "must be 'active' or 'disabled'");
        errors.Require(request.Status is null || row.RevokedAt is null, "status", "can't be changed: the token has been revoked for good");
        errors.Require(row.Kind != "session" || (request.ExpiresAt is null && request.TtlSeconds is null), "expiresAt", "can't be changed: it is signed into the token");
        await new TokenRequestReader(request, catalog, caller, errors).ApplyAsync(row, context, time.GetUtcNow(), isNew: false, cancellationToken);
        row.IsDisabled = request.Status is null ? row.IsDisabled : request.Status == "disabled";
        return errors.Problem;
    }

    private async Task<IResult> RevokeForeignAsync(string jti, HttpContext http)
    {
        await using var context = await storage.CreateDbContextAsync(http.RequestAborted);
        var row = await context.Revocations.FindAsync([jti], http.RequestAborted);
        var before = row is null ? null : new { status = "revoked", row.RevokedAt };
        var now = time.GetUtcNow();
        if (row is null)
        {
            context.Revocations.Add(row = new RevocationRow { Jti = jti, RevokedAt = now });
        }
        // Said again it holds for as long again.
        row.RevokedAt = now;
        context.Note(http, time, "token.revoke", jti, before, new { status = "revoked", row.RevokedAt });
        try
        {
            await context.SaveChangesAsync(CancellationToken.None);
        }
        catch (DbUpdateException e) when (UniqueViolation.Is(e))
        {
            // Somebody else has revoked it in between, which is as good.
        }
        catch (DbUpdateConcurrencyException)
        {
            // It was forgotten in between.
            return await RevokeForeignAsync(jti, http);
        }
        await directory.RevokedAsync(jti, CancellationToken.None);
        return Results.Ok(new RevokedToken(jti, "revoked", row.RevokedAt));
    }

    private ObjectChange<TokenRow> Change(string action, string id, HttpContext http, Func<StorageContext, TokenRow, Task<ApiProblem?>> apply) => new()
    {
        Kind = "token",
        Action = action,
        Find = context => FindAsync(context, id, http),
        Apply = apply,
        Snapshot = Show,
    };

    private async Task<IResult?> AnswerAsync(TokenRow? row, ApiProblem? problem, HttpContext http)
    {
        if (row is null)
        {
            return problem!.ToResult();
        }
        await directory.TokenChangedAsync(row.Id, CancellationToken.None);
        EntityTags.Write(http, row);
        return null;
    }

    private static Task<TokenRow?> FindAsync(StorageContext context, string id, HttpContext http)
    {
        var owner = Caller(http) is { SeesOnlyItsOwn: true } caller ? caller.Name : null;
        return context.Tokens.FirstOrDefaultAsync(token => token.Id == id && (owner == null || token.MintedBy == owner), http.RequestAborted);
    }

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

    private static AdminCaller Caller(HttpContext http) => http.Features.GetRequiredFeature<AdminCaller>();

    private TokenDocument Show(TokenRow row) => TokenDocument.Of(row, LimitRequests.Describe(row.LimitsJson), time.GetUtcNow());
}
