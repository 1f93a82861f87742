using CredentialProxy.Admin.Auditing;
using CredentialProxy.Core.Objects;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Storage;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Admin.Api;

/// <summary>An object that a provider stores, and whom it shall belong to.</summary>
public sealed record ObjectRequest
{
    /// <summary>The provider's name.</summary>
    public string? Provider { get; init; }

    /// <summary>Its kind, such as <c>file</c>, <c>vector_store</c> or <c>prompt</c>.</summary>
    public string? Kind { get; init; }

    /// <summary>Its id, as the provider writes it.</summary>
    public string? Id { get; init; }

    /// <summary>Id or name of the project whose tokens may use it.</summary>
    public string? Project { get; init; }

    /// <summary>Id of the token that may use it, in place of <see cref="Project"/>; one that belongs to no project.</summary>
    public string? Token { get; init; }
}

/// <summary>
/// Stored objects that were not made through the gateway, such as a prompt or a vector store of the operator's own: gives them to a project or token, as many as are to share one, and takes them back.
/// </summary>
internal sealed class ObjectsApi(IDbContextFactory<StorageContext> storage, IObjectOwners owners, ProviderCatalog catalog, TimeProvider time)
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/objects").WithTags("Objects");
        group.MapPost("/give", (ObjectsApi api, ObjectRequest request, HttpContext http) => api.ChangeAsync(request, isGiven: true, http)).WithSummary("Gives a stored object to a project or token");
        group.MapPost("/take", (ObjectsApi api, ObjectRequest request, HttpContext http) => api.ChangeAsync(request, isGiven: false, http)).WithSummary("Takes a stored object from a project or token");
    }

    /// <summary>Gives an object to an owner, or takes it from one.</summary>
    public async Task<IResult> ChangeAsync(ObjectRequest request, bool isGiven, HttpContext http)
    {
        var errors = new FieldErrors();
        await using var context = await storage.CreateDbContextAsync(http.RequestAborted);
        var stored = Read(request, errors);
        var owner = await OwnerAsync(request, errors, context, http.RequestAborted);
        if (errors.Problem is { } problem)
        {
            return problem.ToResult();
        }
        var gift = new { stored.Provider, stored.Kind, owner };
        context.Note(http, time, isGiven ? "object.give" : "object.take", stored.Id, isGiven ? null : gift, isGiven ? gift : null);
        await context.SaveChangesAsync(http.RequestAborted);
        await (isGiven ? owners.RememberAsync(owner, [new OwnedObject(stored, 0)], http.RequestAborted) : owners.ForgetAsync(owner, stored, http.RequestAborted));
        return Results.Ok(new { provider = stored.Provider, kind = stored.Kind, id = stored.Id, owner });
    }

    private StoredObject Read(ObjectRequest request, FieldErrors errors)
    {
        var provider = request.Provider is { } name ? catalog.Find(name) : null;
        errors.Require(provider is { Kinds.All.Count: > 0 }, "provider", $"must be among {string.Join(", ", catalog.All.Where(known => known.Kinds.All.Count > 0).Select(known => known.Name).Order(StringComparer.Ordinal))}");
        var kinds = provider?.Kinds.All.Select(kind => kind.Name).ToArray() ?? [];
        errors.Require(provider is null || kinds.Contains(request.Kind), "kind", $"must be among {string.Join(", ", kinds)}");
        var id = request.Id is { Length: > 0 and <= StoredObject.MaxIdLength } text && !text.AsSpan().ContainsAnyExceptInRange('!', '~') ? ObjectName.InRequest(text) : null;
        errors.Require(id is not null, "id", $"must be 1 to {StoredObject.MaxIdLength} printable ASCII characters without blanks");
        return new StoredObject(provider?.Name ?? "", request.Kind ?? "", id ?? "");
    }

    private static async Task<string> OwnerAsync(ObjectRequest request, FieldErrors errors, StorageContext context, CancellationToken cancellationToken)
    {
        errors.Require((request.Project is null) != (request.Token is null), "project", "must be there, or 'token' in its place");
        errors.Require(request.Project is null || !request.Project.Any(char.IsControl), "project", "must be the id or name of a project");
        errors.Require(request.Token is null || !request.Token.Any(char.IsControl), "token", "must be the id of a token");
        if (errors.Any)
        {
            return "";
        }
        if (request.Project is { } name)
        {
            var project = await context.Projects.AsNoTracking().FirstOrDefaultAsync(candidate => candidate.Id == name || candidate.Name == name, cancellationToken);
            errors.Require(project is not null, "project", "must be the id or name of a project");
            return ObjectOwner.Project(project?.Id ?? "");
        }
        var token = await context.Tokens.AsNoTracking().FirstOrDefaultAsync(candidate => candidate.Id == request.Token, cancellationToken);
        errors.Require(request.Token is null || token is { ProjectId: null }, "token", "must be the id of a token that belongs to no project; what belongs to a project is all its tokens'");
        return ObjectOwner.Token(token?.Id ?? "");
    }
}
