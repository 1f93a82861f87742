using CredentialProxy.Admin.Authorizing;
using CredentialProxy.Admin.Changing;
using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Tokens;
using CredentialProxy.Core.Vault;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Admin.Api.Credentials;

/// <summary>Credentials: add, show, change, remove.</summary>
internal sealed class CredentialsApi(
    IDbContextFactory<StorageContext> storage,
    Creations creations,
    ObjectChanges changes,
    CredentialList list,
    IDirectoryUpdater directory,
    IQuotaAuthority authority,
    SettlementBarrier settled,
    CredentialVault vault,
    ProviderCatalog catalog,
    TimeProvider time)
{
    private const int MaxSecretLength = 8192;
    private const int MaxLabelLength = 200;

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/credentials").WithTags("Credentials");
        group.MapPost("/", (CredentialsApi api, CredentialRequest request, HttpContext http) => api.CreateAsync(request, http))
            .Produces<CredentialDocument>(StatusCodes.Status201Created).WithSummary("Adds a provider's key").WithDescription("The key is sealed and never shown. Takes an Idempotency-Key; the same call again is answered with the credential that it made.");
        group.MapGet("/", (CredentialList list, [AsParameters] CredentialFilter filter, CancellationToken stop) => list.AnswerAsync(filter, stop))
            .Allow(AdminRole.Viewer).Produces<CredentialPage>().WithSummary("Lists credentials");
        group.MapGet("/{id}", (CredentialsApi api, string id, HttpContext http) => api.GetAsync(id, http))
            .Allow(AdminRole.Viewer).Produces<CredentialDocument>().WithSummary("Shows a credential and what is left of its limits");
        group.MapPatch("/{id}", (CredentialsApi api, string id, CredentialRequest request, HttpContext http) => api.ChangeAsync(id, request, http))
            .Produces<CredentialDocument>().WithSummary("Changes what the request states").WithDescription("With If-Match, only the version that it names. A new secret replaces the old one for every request from then on.");
        group.MapDelete("/{id}", (CredentialsApi api, string id, HttpContext http) => api.DeleteAsync(id, http))
            .Produces(StatusCodes.Status204NoContent).WithSummary("Removes a credential");
    }

    /// <summary>Adds a credential.</summary>
    public Task<IResult> CreateAsync(CredentialRequest request, HttpContext http) => creations.RunAsync(http, new Creation<CredentialRow>
    {
        Kind = "credential",
        Request = request,
        Make = context =>
        {
            var errors = new FieldErrors();
            errors.Require(request.Provider is not null && catalog.Contains(request.Provider), "provider", $"must be among {string.Join(", ", catalog.Names)}");
            errors.Require(request.Secret is not null, "secret", "must be there: the key, or a reference env:NAME or file:/path");
            var row = new CredentialRow { Id = ObjectIds.New("cred"), Provider = request.Provider ?? "", SealedSecret = "", CreatedAt = time.GetUtcNow() };
            Apply(request, row, errors);
            if (errors.Problem is null)
            {
                context.Credentials.Add(row);
            }
            return Task.FromResult((errors.Problem is null ? row : null, errors.Problem));
        },
        Snapshot = row => CredentialDocument.Of(row),
        Answer = async row =>
        {
            await directory.CredentialsChangedAsync(CancellationToken.None);
            return Created(row);
        },
        AnswerAgain = row => Task.FromResult(Created(row)),
        Duplicate = new ApiProblem(StatusCodes.Status409Conflict, "duplicate_credential", "There is such a credential already."),
    });

    /// <summary>Shows a credential and what is left of its limits.</summary>
    public async Task<IResult> GetAsync(string id, HttpContext http)
    {
        await using var context = await storage.CreateDbContextAsync(http.RequestAborted);
        var row = await context.Credentials.AsNoTracking().FirstOrDefaultAsync(credential => credential.Id == id, http.RequestAborted);
        if (row is null)
        {
            return list.FindOfEnvironment(id) is { } credential ? Results.Ok(CredentialDocument.OfEnvironment(credential)) : ApiProblem.NotFound("credential").ToResult();
        }
        await settled.WaitAsync(http.RequestAborted);
        EntityTags.Write(http, row);
        return Results.Ok(CredentialDocument.Of(row, await LimitRequests.StatesAsync(AccountId.Credential(row.Id), row.LimitsJson, authority, http.RequestAborted)));
    }

    /// <summary>Changes what the request states; a new key replaces the old one for every request from then on.</summary>
    public async Task<IResult> ChangeAsync(string id, CredentialRequest request, HttpContext http)
    {
        // Another sealed form each time, even of the same key: so a replaced key always shows in the audit log.
        var action = request.Secret is null ? "credential.change" : "credential.replace-secret";
        var (row, problem) = await changes.RunAsync(http, Change(action, id, (_, row) =>
        {
            var errors = new FieldErrors();
            errors.Require(request.Provider is null || request.Provider == row.Provider, "provider", "can't be changed");
            Apply(request, row, errors);
            return Task.FromResult(errors.Problem);
        }));
        if (row is null)
        {
            return problem!.ToResult();
        }
        await directory.CredentialsChangedAsync(CancellationToken.None);
        EntityTags.Write(http, row);
        return Results.Ok(CredentialDocument.Of(row));
    }

    /// <summary>Removes a credential.</summary>
    public async Task<IResult> DeleteAsync(string id, HttpContext http)
    {
        var (row, problem) = await changes.RunAsync(http, Change("credential.delete", id, (context, row) =>
        {
            context.Credentials.Remove(row);
            return Task.FromResult<ApiProblem?>(null);
        }));
        if (row is null)
        {
            return problem!.ToResult();
        }
        await directory.CredentialsChangedAsync(CancellationToken.None);
        return Results.NoContent();
    }

    private static ObjectChange<CredentialRow> Change(string action, string id, Func<StorageContext, CredentialRow, Task<ApiProblem?>> apply) => new()
    {
        Kind = "credential",
        Action = action,
        Find = context => context.Credentials.FirstOrDefaultAsync(credential => credential.Id == id),
        Apply = apply,
        Snapshot = row => CredentialDocument.Of(row),
    };

    private static IResult Created(CredentialRow row) => Results.Created($"/api/credentials/{row.Id}", CredentialDocument.Of(row));

    private void Apply(CredentialRequest request, CredentialRow row, FieldErrors errors)
    {
        if (request.Label is { } label)
        {
            errors.Require(label.Length <= MaxLabelLength && !label.Any(char.IsControl), "label", $"must be at most {MaxLabelLength} characters, none of them a control character");
            row.Label = label;
        }
        if (request.Secret is { } secret)
        {
            var isUsable = secret.Length <= MaxSecretLength && CredentialVault.IsKey(secret);
            errors.Require(isUsable, "secret", $"must be 1 to {MaxSecretLength} printable ASCII characters without blanks");
            var isOurs = OwnSecrets.Are(secret);
            errors.Require(!isOurs, "secret", "must not lead to a secret of this program, which no provider may be sent");
            if (isUsable && !isOurs)
            {
                row.SealedSecret = vault.Seal(secret);
                var opened = vault.TryOpen(row.SealedSecret, out var error);
                errors.Require(opened is not null, "secret", error);
            }
        }
        row.LimitsJson = LimitRequests.Read(request.Limits, errors) ?? row.LimitsJson;
        row.IsDisabled = request.Disabled ?? row.IsDisabled;
    }
}
