using System.Text.RegularExpressions;
using CredentialProxy.Admin.Authorizing;
using CredentialProxy.Admin.Changing;
using CredentialProxy.Admin.Listing;
using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Tokens;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Admin.Api.Projects;

/// <summary>Projects: make, list, show, change, delete.</summary>
internal sealed partial class ProjectsApi(
    IDbContextFactory<StorageContext> storage,
    Creations creations,
    ObjectChanges changes,
    IDirectoryUpdater directory,
    IQuotaAuthority authority,
    SettlementBarrier settled,
    TimeProvider time)
{
    private const int MaxNameLength = 200;

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/projects").WithTags("Projects");
        group.MapPost("/", (ProjectsApi api, ProjectRequest request, HttpContext http) => api.CreateAsync(request, http))
            .Produces<ProjectDocument>(StatusCodes.Status201Created).WithSummary("Makes a project").WithDescription("Takes an Idempotency-Key; the same call again is answered with the project that it made.");
        group.MapGet("/", (ProjectsApi api, [AsParameters] ProjectFilter filter, CancellationToken stop) => api.ListAsync(filter, stop))
            .Allow(AdminRole.Viewer).Produces<ProjectPage>().WithSummary("Lists projects by name");
        group.MapGet("/{id}", (ProjectsApi api, string id, HttpContext http) => api.GetAsync(id, http))
            .Allow(AdminRole.Viewer).Produces<ProjectDocument>().WithSummary("Shows a project and what is left of its limits");
        group.MapPatch("/{id}", (ProjectsApi api, string id, ProjectRequest request, HttpContext http) => api.ChangeAsync(id, request, http))
            .Produces<ProjectDocument>().WithSummary("Changes what the request states").WithDescription("With If-Match, only the version that it names.");
        group.MapDelete("/{id}", (ProjectsApi api, string id, HttpContext http) => api.DeleteAsync(id, http))
            .Produces(StatusCodes.Status204NoContent).WithSummary("Deletes a project that no token belongs to");
    }

    /// <summary>Makes a project.</summary>
    public Task<IResult> CreateAsync(ProjectRequest request, HttpContext http) => creations.RunAsync(http, new Creation<ProjectRow>
    {
        Kind = "project",
        Request = request,
        Make = async context =>
        {
            var errors = new FieldErrors();
            errors.Require(request.Id is null || IdPattern().IsMatch(request.Id), "id", "must be 1 to 128 letters, digits, '.', '_', ':' or '-'");
            errors.Require(request.Name is { Length: > 0 }, "name", "must be there");
            var row = new ProjectRow { Id = request.Id ?? ObjectIds.New("proj"), Name = "", CreatedAt = time.GetUtcNow() };
            Apply(request, row, errors);
            if (errors.Problem is { } problem)
            {
                return (null, problem);
            }
            if (await context.Projects.AnyAsync(other => other.Id == row.Id || other.Name == row.Name, http.RequestAborted))
            {
                return (null, Duplicate);
            }
            context.Projects.Add(row);
            return (row, null);
        },
        Snapshot = row => ProjectDocument.Of(row),
        Answer = async row =>
        {
            await directory.ProjectChangedAsync(row.Id, CancellationToken.None);
            return await CreatedAsync(row);
        },
        AnswerAgain = CreatedAsync,
        Duplicate = Duplicate,
    });

    /// <summary>Lists projects by name.</summary>
    public async Task<IResult> ListAsync(ProjectFilter filter, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        var page = PageRequest.Read(filter.Limit, filter.Cursor, errors);
        var search = Filters.Text(filter.Search, "search", errors);
        if (errors.Problem is { } problem)
        {
            return problem.ToResult();
        }
        await using var context = await storage.CreateDbContextAsync(cancellationToken);
        var projects = context.Projects.AsNoTracking();
        if (page.After is { Text: var name })
        {
            projects = projects.Where(project => string.Compare(project.Name, name) > 0);
        }
        if (search is not null)
        {
            projects = projects.Search(search, project => project.Name, project => project.Id);
        }
        var rows = await projects.OrderBy(project => project.Name).Take(page.Size + 1).ToListAsync(cancellationToken);
        var (shown, next) = page.Cut(rows, row => new Cursor(0, row.Name));
        return Results.Ok(new ProjectPage([.. shown.Select(row => ProjectDocument.Of(row))], next));
    }

    /// <summary>Shows a project and what is left of its limits.</summary>
    public async Task<IResult> GetAsync(string id, HttpContext http)
    {
        await using var context = await storage.CreateDbContextAsync(http.RequestAborted);
        var row = await context.Projects.AsNoTracking().FirstOrDefaultAsync(project => project.Id == id, http.RequestAborted);
        if (row is null)
        {
            return ApiProblem.NotFound("project").ToResult();
        }
        await settled.WaitAsync(http.RequestAborted);
        EntityTags.Write(http, row);
        return Results.Ok(await DescribeAsync(row, http.RequestAborted));
    }

    /// <summary>Changes what the request states.</summary>
    public async Task<IResult> ChangeAsync(string id, ProjectRequest request, HttpContext http)
    {
        var (row, problem) = await changes.RunAsync(http, Change("project.change", id, (_, row) =>
        {
            var errors = new FieldErrors();
            errors.Require(request.Id is null || request.Id == id, "id", "can't be changed");
            Apply(request, row, errors);
            return Task.FromResult(errors.Problem);
        }));
        if (row is null)
        {
            return problem!.ToResult();
        }
        await directory.ProjectChangedAsync(id, CancellationToken.None);
        EntityTags.Write(http, row);
        return Results.Ok(await ChangedAsync(row));
    }

    /// <summary>Deletes a project that no token belongs to.</summary>
    public async Task<IResult> DeleteAsync(string id, HttpContext http)
    {
        var (row, problem) = await changes.RunAsync(http, Change("project.delete", id, async (context, row) =>
        {
            if (await context.Tokens.AnyAsync(token => token.ProjectId == id, http.RequestAborted))
            {
                return new ApiProblem(StatusCodes.Status409Conflict, "project_in_use", "Tokens belong to this project; delete them or move them to another first.");
            }
            context.Projects.Remove(row);
            return null;
        }));
        if (row is null)
        {
            return problem!.ToResult();
        }
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
        row.TokenLimitsJson = LimitRequests.Read(request.TokenLimits, errors, "tokenLimits") ?? row.TokenLimitsJson;
        row.Features = FeatureRequests.Read(request.Features, errors) ?? row.Features;
    }

    private static ObjectChange<ProjectRow> Change(string action, string id, Func<StorageContext, ProjectRow, Task<ApiProblem?>> apply) => new()
    {
        Kind = "project",
        Action = action,
        Find = context => context.Projects.FirstOrDefaultAsync(project => project.Id == id),
        Apply = apply,
        Snapshot = row => ProjectDocument.Of(row),
        Duplicate = Duplicate,
    };

    private async Task<IResult> CreatedAsync(ProjectRow row) => Results.Created($"/api/projects/{row.Id}", await ChangedAsync(row));

    private async Task<ProjectDocument> ChangedAsync(ProjectRow row) =>
        ProjectDocument.Of(row, await LimitRequests.StatesAfterChangeAsync(AccountId.Project(row.Id), row.LimitsJson, authority));

    private async Task<ProjectDocument> DescribeAsync(ProjectRow row, CancellationToken cancellationToken) =>
        ProjectDocument.Of(row, await LimitRequests.StatesAsync(AccountId.Project(row.Id), row.LimitsJson, authority, cancellationToken));

    [GeneratedRegex("^[A-Za-z0-9._:-]{1,128}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex IdPattern();
}
