using CredentialProxy.Admin.Authorizing;
using CredentialProxy.Admin.Listing;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Usage;
using Microsoft.AspNetCore.Http.Features;

namespace CredentialProxy.Admin.Api.Usage;

/// <summary>Sums of usage as they are shown; money in dollars.</summary>
/// <param name="Key">The group's value; null for the sum over all.</param>
/// <param name="Requests">Number of requests.</param>
/// <param name="InputTokens">All input tokens.</param>
/// <param name="OutputTokens">All output tokens.</param>
/// <param name="CachedInputTokens">Input tokens read from a cache.</param>
/// <param name="CacheWriteTokens">Input tokens written to a cache.</param>
/// <param name="ReasoningTokens">Output tokens spent on reasoning.</param>
/// <param name="Usd">Cost in dollars.</param>
public sealed record UsageDocument(
    [property: System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)] string? Key,
    long Requests, long InputTokens, long OutputTokens, long CachedInputTokens, long CacheWriteTokens, long ReasoningTokens, decimal Usd);

/// <summary>The answer to a question about usage.</summary>
/// <param name="Totals">The sum over everything that matched.</param>
/// <param name="Groups">The sums by group; empty without grouping.</param>
public sealed record UsageAnswer(UsageDocument Totals, IReadOnlyList<UsageDocument> Groups);

/// <summary>Who spent what.</summary>
internal sealed class UsageApi(IUsageReader reader, OwnTokens own)
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/usage", (UsageApi api, [AsParameters] UsageParameters parameters, HttpContext http) => api.SummarizeAsync(parameters, http))
            .WithTags("Usage").AllowUsageReaders(AdminRole.Viewer, AdminRole.Minter).Produces<UsageAnswer>()
            .WithSummary("Sums usage").WithDescription("All filters apply together. A minter must name one of its tokens.");
        routes.MapGet("/usage", (UsageApi api, string? workspaceId, string? credentialId, HttpContext http) => api.SummarizeWorkspaceAsync(workspaceId, credentialId, http))
            .WithTags("Usage").AllowUsageReaders(AdminRole.Viewer).WithSummary("Sums usage, in the form that clients of an older proxy know");
    }

    /// <summary>Sums usage; all filters apply together.</summary>
    public async Task<IResult> SummarizeAsync(UsageParameters parameters, HttpContext http)
    {
        var errors = new FieldErrors();
        var cancellationToken = http.RequestAborted;
        var query = new UsageQuery
        {
            TokenId = Filters.Text(parameters.Token, "token", errors),
            ProjectId = Filters.Text(parameters.Project, "project", errors),
            CredentialId = Filters.Text(parameters.Credential, "credential", errors),
            Model = Filters.Text(parameters.Model, "model", errors),
            Provider = Filters.Text(parameters.Provider, "provider", errors),
            From = Times.Read(parameters.From, "from", errors),
            To = Times.Read(parameters.To, "to", errors),
            GroupBy = ReadGrouping(parameters.GroupBy, errors),
        };
        if (errors.Problem is { } problem)
        {
            return problem.ToResult();
        }
        if (await own.RefuseAsync(http, query.TokenId) is { } refused)
        {
            return refused.ToResult();
        }
        var summary = await reader.SummarizeAsync(query, cancellationToken);
        return Results.Ok(new UsageAnswer(Describe(summary.Totals), [.. summary.Groups.Select(Describe)]));
    }

    /// <summary>The same in the form that clients of an older proxy know.</summary>
    public async Task<IResult> SummarizeWorkspaceAsync(string? workspaceId, string? credentialId, HttpContext http)
    {
        var errors = new FieldErrors();
        var query = new UsageQuery { ProjectId = Filters.Text(workspaceId, "workspaceId", errors), CredentialId = Filters.Text(credentialId, "credentialId", errors) };
        if (errors.Problem is { } problem)
        {
            return problem.ToResult();
        }
        var summary = await reader.SummarizeAsync(query, http.RequestAborted);
        return Results.Ok(new
        {
            requestId = http.TraceIdentifier,
            usage = new { inputTokens = summary.Totals.Usage.InputTokens, outputTokens = summary.Totals.Usage.OutputTokens, requests = summary.Totals.Requests },
            filters = new { workspaceId, credentialId },
            viewer = new { subject = http.Features.GetRequiredFeature<AdminCaller>().Name },
        });
    }

    private static UsageGrouping ReadGrouping(string? text, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(text))
        {
            return UsageGrouping.None;
        }
        var isKnown = text.All(char.IsAsciiLetterLower) && Enum.TryParse<UsageGrouping>(text, ignoreCase: true, out _);
        errors.Require(isKnown, "groupBy", "must be token, project, model, provider, credential, day or hour");
        return isKnown ? Enum.Parse<UsageGrouping>(text, ignoreCase: true) : UsageGrouping.None;
    }

    private static UsageDocument Describe(UsageTotals totals) => new(
        totals.Key, totals.Requests, totals.Usage.InputTokens, totals.Usage.OutputTokens, totals.Usage.CachedInputTokens, totals.Usage.CacheWriteTokens,
        totals.Usage.ReasoningTokens, MicroUsd.ToUsd(totals.CostMicroUsd));
}

/// <summary>Filters of a question about usage.</summary>
/// <param name="Token">Token id.</param>
/// <param name="Project">Project id.</param>
/// <param name="Credential">Credential id.</param>
/// <param name="Model">Model.</param>
/// <param name="Provider">Provider.</param>
/// <param name="From">First moment, inclusive.</param>
/// <param name="To">Last moment, exclusive.</param>
/// <param name="GroupBy">What to group by.</param>
internal sealed record UsageParameters(string? Token, string? Project, string? Credential, string? Model, string? Provider, string? From, string? To, string? GroupBy);
