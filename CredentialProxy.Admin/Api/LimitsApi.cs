using CredentialProxy.Admin.Api.Credentials;
using CredentialProxy.Admin.Api.Projects;
using CredentialProxy.Admin.Api.Tokens;
using CredentialProxy.Admin.Auditing;
using CredentialProxy.Admin.Authorizing;
using CredentialProxy.Admin.Changing;
using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Storage;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Admin.Api;

/// <summary>A limit of a token, project or credential, and what is to be added to it.</summary>
public sealed record LimitChangeRequest
{
    /// <summary><c>tokens</c>, <c>usd</c> or <c>requests</c>.</summary>
    public string? Unit { get; init; }

    /// <summary>The window; <c>lifetime</c> when absent.</summary>
    public string? Window { get; init; }

    /// <summary>How much is added to it, in its unit; for a top-up alone.</summary>
    public decimal? Amount { get; init; }
}

/// <summary>Limits and what is left of them.</summary>
/// <param name="Limits">The limits.</param>
public sealed record LimitsAnswer(IReadOnlyList<LimitState> Limits);

/// <summary>Limits: what is left of them, more of one, or all of one again.</summary>
internal sealed class LimitsApi(IDbContextFactory<StorageContext> storage, ObjectChanges changes, IDirectoryUpdater directory, IQuotaAuthority authority, SettlementBarrier settled, TimeProvider time)
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        Map(routes, "tokens", new LimitedKind<TokenRow>("token", AccountId.Token, row => TokenDocument.Of(row, LimitRequests.Describe(row.LimitsJson), row.CreatedAt), (directory, id) => directory.TokenChangedAsync(id, CancellationToken.None)));
        Map(routes, "projects", new LimitedKind<ProjectRow>("project", AccountId.Project, row => ProjectDocument.Of(row), (directory, id) => directory.ProjectChangedAsync(id, CancellationToken.None)));
        Map(routes, "credentials", new LimitedKind<CredentialRow>("credential", AccountId.Credential, row => CredentialDocument.Of(row), (directory, _) => directory.CredentialsChangedAsync(CancellationToken.None)));
    }

    /// <summary>Shows what is left of limits.</summary>
    public async Task<IResult> ShowAsync<T>(LimitedKind<T> kind, string id, HttpContext http)
        where T : class, ILimitedRow
    {
        await using var context = await storage.CreateDbContextAsync(http.RequestAborted);
        var row = await context.FindAsync<T>([id], http.RequestAborted);
        var isForeign = http.Features.GetRequiredFeature<AdminCaller>() is { SeesOnlyItsOwn: true } caller && (row as TokenRow)?.MintedBy != caller.Name;
        return row is null || isForeign ? ApiProblem.NotFound(kind.Name).ToResult() : await StatesAsync(kind, row, http);
    }

    /// <summary>Adds to a lifetime's limit.</summary>
    public async Task<IResult> TopUpAsync<T>(LimitedKind<T> kind, string id, LimitChangeRequest request, HttpContext http)
        where T : class, ILimitedRow
    {
        var (row, problem) = await changes.RunAsync(http, new ObjectChange<T>
        {
            Kind = kind.Name,
            Action = kind.Name + ".top-up",
            Find = context => context.FindAsync<T>(id).AsTask(),
            Apply = (_, row) => Task.FromResult(TopUp(row, request)),
            Snapshot = kind.Snapshot,
            Request = request,
        });
        if (row is null)
        {
            return problem!.ToResult();
        }
        await kind.Tell(directory, id);
        EntityTags.Write(http, row);
        return await ChangedAsync(kind, row);
    }

    /// <summary>Has all of a limit be there again. What open requests hold, and gateways keep at hand, still counts.</summary>
    public async Task<IResult> ResetAsync<T>(LimitedKind<T> kind, string id, LimitChangeRequest request, HttpContext http)
        where T : class, ILimitedRow
    {
        await using var context = await storage.CreateDbContextAsync(http.RequestAborted);
        var row = await context.FindAsync<T>([id], http.RequestAborted);
        if (row is null)
        {
            return ApiProblem.NotFound(kind.Name).ToResult();
        }
        var errors = new FieldErrors();
        errors.Require(request.Amount is null, "amount", "must not be there: a reset is of all that was spent");
        var limit = Find(row, request, errors);
        var counter = new CounterKey(kind.AccountOf(id), limit.Unit, limit.Window);
        errors.Require(LeaseRules.CanReset(counter), "window", "can't be reset: what slides, and what counts requests at a time, frees itself");
        if (errors.Problem is { } problem)
        {
            return problem.ToResult();
        }
        // What was used so far is to be forgotten, so it must first be known.
        await settled.WaitAsync(http.RequestAborted);
        var spent = (await authority.ReadAsync([counter], http.RequestAborted))[0].Spent;
        // Written down first, since the accounts are another store: a reset that isn't in the audit log there can't be.
        var (unit, window) = (LimitDocument.NameOf(limit.Unit), LimitDocument.NameOf(limit.Window));
        context.Note(http, time, kind.Name + ".reset", id, new { unit, window, spent = LimitRequests.Amount(limit.Unit, spent) }, new { unit, window, spent = 0 });
        await context.SaveChangesAsync(CancellationToken.None);
        await authority.ResetAsync(counter, CancellationToken.None);
        return await ChangedAsync(kind, row);
    }

    private static void Map<T>(IEndpointRouteBuilder routes, string path, LimitedKind<T> kind)
        where T : class, ILimitedRow
    {
        var group = routes.MapGroup($"/api/{path}/{{id}}/limits").WithTags("Limits");
        group.MapGet("/", (LimitsApi api, string id, HttpContext http) => api.ShowAsync(kind, id, http))
            .Allow(typeof(T) == typeof(TokenRow) ? [AdminRole.Viewer, AdminRole.Minter] : [AdminRole.Viewer]).Produces<LimitsAnswer>().WithSummary($"Shows what is left of a {kind.Name}'s limits");
        group.MapPost("/top-up", (LimitsApi api, string id, LimitChangeRequest request, HttpContext http) => api.TopUpAsync(kind, id, request, http))
            .Produces<LimitsAnswer>().WithSummary($"Adds to a lifetime's limit of a {kind.Name}").WithDescription("The limit is raised by the amount for good. With If-Match, only of the version that it names. With Idempotency-Key, once however often it is asked.");
        group.MapPost("/reset", (LimitsApi api, string id, LimitChangeRequest request, HttpContext http) => api.ResetAsync(kind, id, request, http))
            .Produces<LimitsAnswer>().WithSummary($"Has all of a limit of a {kind.Name} be there again").WithDescription("Forgets what was spent in the present window. What open requests hold, and gateways keep at hand, still counts. Usage records stay.");
    }

    private static ApiProblem? TopUp(ILimitedRow row, LimitChangeRequest request)
    {
        var errors = new FieldErrors();
        var limit = Find(row, request, errors);
        errors.Require(errors.Any || limit.Window == LimitWindow.Lifetime, "window", "must be 'lifetime': a limit of any other window is full again when the next one begins; change it, or reset it");
        var isAmount = new LimitDocument { Unit = request.Unit, Limit = request.Amount }.TryRead(out var more, out _) && more.Amount > 0;
        errors.Require(isAmount || errors.Any, "amount", "must be more than 0, a whole number; for 'usd' dollars with at most six decimals");
        errors.Require(!isAmount || errors.Any || more.Amount <= Limit.MaxAmount - limit.Amount, "amount", "would make the limit larger than a limit can be");
        if (errors.Problem is { } problem)
        {
            return problem;
        }
        row.LimitsJson = LimitDocument.Write(LimitDocument.Read(row.LimitsJson).Select(other => other == limit ? limit with { Amount = limit.Amount + more.Amount } : other));
        return null;
    }

    private static Limit Find(ILimitedRow row, LimitChangeRequest request, FieldErrors errors)
    {
        var isKnown = new LimitDocument { Unit = request.Unit, Window = request.Window, Limit = 0 }.TryRead(out var wanted, out var wrong);
        errors.Require(isKnown, wrong?.StartsWith("'window'", StringComparison.Ordinal) == true ? "window" : "unit", wrong ?? "");
        var found = LimitDocument.Read(row.LimitsJson).Where(limit => limit.Unit == wanted.Unit && limit.Window == wanted.Window).ToList();
        errors.Require(!isKnown || found.Count == 1, "unit", "must be, with 'window', those of a limit that is there");
        return found.Count == 1 ? found[0] : default;
    }

    private async Task<IResult> ChangedAsync<T>(LimitedKind<T> kind, T row)
        where T : class, ILimitedRow =>
        Results.Ok(new LimitsAnswer(await LimitRequests.StatesAfterChangeAsync(kind.AccountOf(row.Id), row.LimitsJson, authority)));

    private async Task<IResult> StatesAsync<T>(LimitedKind<T> kind, T row, HttpContext http)
        where T : class, ILimitedRow
    {
        await settled.WaitAsync(http.RequestAborted);
        return Results.Ok(new LimitsAnswer(await LimitRequests.StatesAsync(kind.AccountOf(row.Id), row.LimitsJson, authority, http.RequestAborted)));
    }
}
