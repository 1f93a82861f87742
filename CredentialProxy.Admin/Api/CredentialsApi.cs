using CredentialProxy.Admin.Auditing;
using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Tokens;
using CredentialProxy.Core.Vault;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Admin.Api;

/// <summary>A provider key to be added, or what is to be changed of one.</summary>
public sealed record CredentialRequest
{
    /// <summary>The provider's name. Required when it is added.</summary>
    public string? Provider { get; init; }

    /// <summary>What to call it, at most 200 characters.</summary>
    public string? Label { get; init; }

    /// <summary>The key, or a reference to one: <c>env:NAME</c> or <c>file:/path</c>. Never shown again.</summary>
    public string? Secret { get; init; }

    /// <summary>Limits on what is used of it.</summary>
    public IReadOnlyList<LimitDocument>? Limits { get; init; }

    /// <summary>Whether it is out of use.</summary>
    public bool? Disabled { get; init; }
}

/// <summary>A credential as it is shown: everything but the key.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Provider">The provider's name.</param>
/// <param name="Label">What it is called.</param>
/// <param name="Source"><c>sealed</c>, <c>reference</c> or <c>environment</c>.</param>
/// <param name="Limits">Its limits.</param>
/// <param name="Disabled">Whether it is out of use.</param>
/// <param name="CreatedAt">When it was added; null for one from the environment.</param>
public sealed record CredentialDocument(
    string Id, string Provider, string Label, string Source, IReadOnlyList<LimitState> Limits, bool Disabled, DateTimeOffset? CreatedAt);

/// <summary>Credentials: add, list, change, remove.</summary>
internal sealed class CredentialsApi(
    IDbContextFactory<StorageContext> storage,
    IDirectoryUpdater directory,
    IDirectory known,
    IQuotaAuthority authority,
    SettlementBarrier settled,
    CredentialVault vault,
    ProviderCatalog catalog,
    TimeProvider time)
{
    private const int MaxListed = 1000;
    private const int MaxSecretLength = 8192;
    private const int MaxLabelLength = 200;

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/credentials").WithTags("Credentials");
        group.MapPost("/", (CredentialsApi api, CredentialRequest request, HttpContext http) => api.CreateAsync(request, http)).Produces<CredentialDocument>(StatusCodes.Status201Created);
        group.MapGet("/", (CredentialsApi api, CancellationToken stop) => api.ListAsync(stop));
        group.MapGet("/{id}", (CredentialsApi api, string id, CancellationToken stop) => api.GetAsync(id, stop)).Produces<CredentialDocument>();
        group.MapPatch("/{id}", (CredentialsApi api, string id, CredentialRequest request, HttpContext http) => api.ChangeAsync(id, request, http)).Produces<CredentialDocument>();
        group.MapDelete("/{id}", (CredentialsApi api, string id, HttpContext http) => api.DeleteAsync(id, http));
    }

    /// <summary>Adds a credential.</summary>
    public async Task<IResult> CreateAsync(CredentialRequest request, HttpContext http)
    {
        var errors = new FieldErrors();
        errors.Require(request.Provider is not null && catalog.Contains(request.Provider), "provider", $"must be among {string.Join(", ", catalog.Names)}");
        errors.Require(request.Secret is not null, "secret", "must be there: the key, or a reference env:NAME or file:/path");
        var row = new CredentialRow { Id = ObjectIds.New("cred"), Provider = request.Provider ?? "", SealedSecret = "", CreatedAt = time.GetUtcNow() };
        Apply(request, row, errors);
        if (errors.Problem is { } problem)
        {
            return problem.ToResult();
        }
        await using var context = await storage.CreateDbContextAsync(http.RequestAborted);
        context.Credentials.Add(row);
        context.Note(http, time, "credential.create", row.Id, new { row.Provider, row.Label, source = SourceOf(row), limits = row.LimitsJson });
        await context.SaveChangesAsync(http.RequestAborted);
        await directory.CredentialsChangedAsync(CancellationToken.None);
        return Results.Created($"/api/credentials/{row.Id}", Describe(row, LimitRequests.Describe(row.LimitsJson)));
    }

    /// <summary>Lists credentials, those of the environment first.</summary>
    public async Task<IResult> ListAsync(CancellationToken cancellationToken)
    {
        await using var context = await storage.CreateDbContextAsync(cancellationToken);
        var rows = await context.Credentials.AsNoTracking().OrderBy(row => row.CreatedAt).Take(MaxListed).ToListAsync(cancellationToken);
        var stored = rows.Select(row => row.Id).ToHashSet(StringComparer.Ordinal);
        var fromEnvironment = catalog.Names.SelectMany(name => known.CredentialsOf(name)).Where(credential => !stored.Contains(credential.Id))
            .Select(credential => new CredentialDocument(credential.Id, credential.Provider, credential.Label, "environment", [], false, null));
        return Results.Ok(new { credentials = fromEnvironment.Concat(rows.Select(row => Describe(row, LimitRequests.Describe(row.LimitsJson)))) });
    }

    /// <summary>Shows a credential and what is left of its limits.</summary>
    public async Task<IResult> GetAsync(string id, CancellationToken cancellationToken)
    {
        await using var context = await storage.CreateDbContextAsync(cancellationToken);
        var row = await context.Credentials.AsNoTracking().FirstOrDefaultAsync(credential => credential.Id == id, cancellationToken);
        if (row is null)
        {
            return ApiProblem.NotFound("credential").ToResult();
        }
        await settled.WaitAsync(cancellationToken);
        return Results.Ok(Describe(row, await LimitRequests.StatesAsync(AccountId.Credential(row.Id), row.LimitsJson, authority, cancellationToken)));
    }

    /// <summary>Changes what the request states; a new key replaces the old one for every request from then on.</summary>
    public async Task<IResult> ChangeAsync(string id, CredentialRequest request, HttpContext http)
    {
        await using var context = await storage.CreateDbContextAsync(http.RequestAborted);
        var row = await context.Credentials.FirstOrDefaultAsync(credential => credential.Id == id, http.RequestAborted);
        if (row is null)
        {
            return ApiProblem.NotFound("credential").ToResult();
        }
        var errors = new FieldErrors();
        errors.Require(request.Provider is null || request.Provider == row.Provider, "provider", "can't be changed");
        Apply(request, row, errors);
        if (errors.Problem is { } problem)
        {
            return problem.ToResult();
        }
        context.Note(http, time, "credential.change", id, new { row.Label, replacesSecret = request.Secret is not null, row.IsDisabled, limits = row.LimitsJson });
        await context.SaveChangesAsync(http.RequestAborted);
        await directory.CredentialsChangedAsync(CancellationToken.None);
        return Results.Ok(Describe(row, LimitRequests.Describe(row.LimitsJson)));
    }

    /// <summary>Removes a credential.</summary>
    public async Task<IResult> DeleteAsync(string id, HttpContext http)
    {
        await using var context = await storage.CreateDbContextAsync(http.RequestAborted);
        var row = await context.Credentials.FirstOrDefaultAsync(credential => credential.Id == id, http.RequestAborted);
        if (row is null)
        {
            return ApiProblem.NotFound("credential").ToResult();
        }
        context.Credentials.Remove(row);
        context.Note(http, time, "credential.delete", id);
        await context.SaveChangesAsync(http.RequestAborted);
        await directory.CredentialsChangedAsync(CancellationToken.None);
        return Results.NoContent();
    }

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
            if (isUsable)
            {
                row.SealedSecret = vault.Seal(secret);
                var opened = vault.TryOpen(row.SealedSecret, out var error);
                errors.Require(opened is not null, "secret", error);
            }
        }
        row.LimitsJson = LimitRequests.Read(request.Limits, errors) ?? row.LimitsJson;
        row.IsDisabled = request.Disabled ?? row.IsDisabled;
    }

    private static string SourceOf(CredentialRow row) => CredentialVault.IsReference(row.SealedSecret) ? "reference" : "sealed";

    private static CredentialDocument Describe(CredentialRow row, IReadOnlyList<LimitState> limits) =>
        new(row.Id, row.Provider, row.Label, SourceOf(row), limits, row.IsDisabled, row.CreatedAt);
}
