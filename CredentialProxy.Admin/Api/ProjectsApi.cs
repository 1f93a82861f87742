using System.Text.RegularExpressions;
using CredentialProxy.Admin.Auditing;
using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Tokens;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Admin.Api;

/// <summary>A project to be made, or what is to be changed of one.</summary>
public sealed record ProjectRequest
{
    /// <summary>Its id, which the <c>sub</c> of session tokens minted elsewhere names; generated when absent. Only when it is made.</summary>
    public string? Id { get; init; }

    /// <summary>What it is called; unique, at most 200 characters.</summary>
    public string? Name { get; init; }

    /// <summary>Limits on all its tokens together.</summary>
    public IReadOnlyList<LimitDocument>? Limits { get; init; }

    /// <summary>Features that all its tokens are granted beyond plain generation, such as <c>web_search</c>; empty for none.</summary>
    public IReadOnlyList<string>? Features { get; init; }
}

/// <summary>A project as it is shown.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Limits">Its limits.</param>
/// <param name="Features">Features that all its tokens are granted.</param>
/// <param name="CreatedAt">When it was made.</param>
public sealed record ProjectDocument(string Id, string Name, IReadOnlyList<LimitState> Limits, IReadOnlyList<string> Features, DateTimeOffset CreatedAt);

/// <summary>Projects: make, list, show, change, delete.</summary>
internal sealed partial class ProjectsApi(IDbContextFactory<StorageContext> storage, IDirectoryUpdater directory, IQuotaAuthority authority, SettlementBarrier settled, TimeProvider time)
{
    private const int MaxListed = 1000;
    private const int MaxNameLength = 200;

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/projects").WithTags("Projects");
        group.MapPost("/", (ProjectsApi api, ProjectRequest request, HttpContext http) => api.CreateAsync(request, http)).Produces<ProjectDocument>(StatusCodes.Status201Created);
        group.MapGet("/", (ProjectsApi api, CancellationToken stop) => api.ListAsync(stop));
        group.MapGet("/{id}", (ProjectsApi api, string id, CancellationToken stop) => api.GetAsync(id, stop)).Produces<ProjectDocument>();
        group.MapPatch("/{id}", (ProjectsApi api, string id, ProjectRequest request, HttpContext http) => api.ChangeAsync(id, request, http)).Produces<ProjectDocument>();
        group.MapDelete("/{id}", (ProjectsApi api, string id, HttpContext http) => api.DeleteAsync(id, http));
    }

    /// <summary>Makes a project.</summary>
    public async Task<IResult> CreateAsync(ProjectRequest request, HttpContext http)
    {
        var errors = new FieldErrors();
        errors.Require(request.Id is null || IdPattern().IsMatch(request.Id), "id", "must be 1 to 128 letters, digits, '.', '_', ':' or '-'");
        errors.Require(request.Name is { Length: > 0 }, "name", "must be there");
        var row = new ProjectRow { Id = request.Id ?? ObjectIds.New("proj"), Name = "", CreatedAt = time.GetUtcNow() };
        Apply(request, row, errors);
        if (errors.Problem is { } problem)
        {
            return problem.ToResult();
        }
        await using var context = await storage.CreateDbContextAsync(http.RequestAborted);
        if (await context.Projects.AnyAsync(other => other.Id == row.Id || other.Name == row.Name, http.RequestAborted))
        {
            return Duplicate.ToResult();
        }
        context.Projects.Add(row);
        context.Note(http, time, "project.create", row.Id, request);
        return await SaveAsync(context, row) ?? Results.Created($"/api/projects/{row.Id}", await DescribeAsync(row, http.RequestAborted));
    }

    /// <summary>Lists projects by name.</summary>
    public async Task<IResult> ListAsync(CancellationToken cancellationToken)
    {
        await using var context = await storage.CreateDbContextAsync(cancellationToken);
        var rows = await context.Projects.AsNoTracking().OrderBy(row => row.Name).Take(MaxListed).ToListAsync(cancellationToken);
        return Results.Ok(new { projects = rows.Select(row => new ProjectDocument(row.Id, row.Name, LimitRequests.Describe(row.LimitsJson), row.Features, row.CreatedAt)) });
    }

    /// <summary>Shows a project and what is left of its limits.</summary>
    public async Task<IResult> GetAsync(string id, CancellationToken cancellationToken)
    {
        await using var context = await storage.CreateDbContextAsync(cancellationToken);
        var row = await context.Projects.AsNoTracking().FirstOrDefaultAsync(project => project.Id == id, cancellationToken);
        if (row is null)
        {
            return ApiProblem.NotFound("project").ToResult();
        }
        await settled.WaitAsync(cancellationToken);
        return Results.Ok(await DescribeAsync(row, cancellationToken));
    }

    /// <summary>Changes what the request states.</summary>
    public async Task<IResult> ChangeAsync(string id, ProjectRequest request, HttpContext http)
    {
        await using var context = await storage.CreateDbContextAsync(http.RequestAborted);
        var row = await context.Projects.FirstOrDefaultAsync(project => project.Id == id, http.RequestAborted);
        if (row is null)
        {
            return ApiProblem.NotFound("project").ToResult();
        }
        var errors = new FieldErrors();
        errors.Require(request.Id is null || request.Id == id, "id", "can't be changed");
        Apply(request, row, errors);
        if (errors.Problem is { } problem)
        {
            return problem.ToResult();
        }
        context.Note(http, time, "project.change", id, request);
        return await SaveAsync(context, row) ?? Results.Ok(await DescribeAsync(row, http.RequestAborted));
    }

    /// <summary>Deletes a project that no token belongs to.</summary>
    public async Task<IResult> DeleteAsync(string id, HttpContext http)
    {
        await using var context = await storage.CreateDbContextAsync(http.RequestAborted);
        var row = await context.Projects.FirstOrDefaultAsync(project => project.Id == id, http.RequestAborted);
        if (row is null)
        {
            return ApiProblem.NotFound("project").ToResult();
        }
        if (await context.Tokens.AnyAsync(token => token.ProjectId == id, http.RequestAborted))
        {
            return new ApiProblem(StatusCodes.Status409Conflict, "project_in_use", "Tokens belong to this project; delete them or move them to another first.").ToResult();
        }
        context.Projects.Remove(row);
        context.Note(http, time, "project.delete", id);
        await context.SaveChangesAsync(http.RequestAborted);
        await directory.ProjectChangedAsync(id, CancellationToken.None);
        return Results.NoContent();
    }

    private static ApiProblem Duplicate { get; } = new(StatusCodes.Status409Conflict, "duplicate_project", "There is a project with this id or name already.");

    private static void Apply(ProjectRequest request, ProjectRow row, FieldErrors errors)
    {
        if (request.Name is { } name)
        {
            errors.Require(name.Length is > 0 and <= MaxNameLength && !name.Any(char.IsControl), "name", $"must be 1 to {MaxNameLength} characters, none of them a control character");
            row.Name = name;
        }
        row.LimitsJson = LimitRequests.Read(request.Limits, errors) ?? row.LimitsJson;
        row.Features = FeatureRequests.Read(request.Features, errors) ?? row.Features;
    }

    private async Task<IResult?> SaveAsync(StorageContext context, ProjectRow row)
    {
        try
        {
            await context.SaveChangesAsync();
        }
        catch (DbUpdateException)
        {
            // The name is unique, and somebody was quicker.
            return Duplicate.ToResult();
        }
        await directory.ProjectChangedAsync(row.Id, CancellationToken.None);
        return null;
    }

    private async Task<ProjectDocument> DescribeAsync(ProjectRow row, CancellationToken cancellationToken) =>
        new(row.Id, row.Name, await LimitRequests.StatesAsync(AccountId.Project(row.Id), row.LimitsJson, authority, cancellationToken), row.Features, row.CreatedAt);

    [GeneratedRegex("^[A-Za-z0-9._:-]{1,128}$", RegexOptions.CultureInvariant)]
    private static partial Regex IdPattern();
}
