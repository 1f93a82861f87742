using System.Globalization;
using CredentialProxy.Admin.Authorizing;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Usage;
using Microsoft.AspNetCore.Http.Features;

namespace CredentialProxy.Admin.Api;

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
internal sealed class UsageApi(IUsageReader reader)
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/usage", (UsageApi api, [AsParameters] UsageParameters parameters, CancellationToken stop) => api.SummarizeAsync(parameters, stop))
            .WithTags("Usage").Produces<UsageAnswer>();
        routes.MapGet("/usage", (UsageApi api, string? workspaceId, string? credentialId, HttpContext http) => api.SummarizeWorkspaceAsync(workspaceId, credentialId, http)).WithTags("Usage");
    }

    /// <summary>Sums usage; all filters apply together.</summary>
    public async Task<IResult> SummarizeAsync(UsageParameters parameters, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        var query = new UsageQuery
        {
            TokenId = parameters.Token,
            ProjectId = parameters.Project,
            CredentialId = parameters.Credential,
            Model = parameters.Model,
            Provider = parameters.Provider,
            From = ReadTime(parameters.From, "from", errors),
            To = ReadTime(parameters.To, "to", errors),
            GroupBy = ReadGrouping(parameters.GroupBy, errors),
        };
        if (errors.Problem is { } problem)
        {
            return problem.ToResult();
        }
        var summary = await reader.SummarizeAsync(query, cancellationToken);
        return Results.Ok(new UsageAnswer(Describe(summary.Totals), [.. summary.Groups.Select(Describe)]));
    }

    /// <summary>The same in the form that clients of an older proxy know.</summary>
    public async Task<IResult> SummarizeWorkspaceAsync(string? workspaceId, string? credentialId, HttpContext http)
    {
        var summary = await reader.SummarizeAsync(new UsageQuery { ProjectId = workspaceId, CredentialId = credentialId }, http.RequestAborted);
        return Results.Ok(new
        {
            requestId = http.TraceIdentifier,
            usage = new { inputTokens = summary.Totals.Usage.InputTokens, outputTokens = summary.Totals.Usage.OutputTokens, requests = summary.Totals.Requests },
            filters = new { workspaceId, credentialId },
            viewer = new { subject = http.Features.GetRequiredFeature<AdminCaller>().Name },
        });
    }

    private static DateTimeOffset? ReadTime(string? text, string field, FieldErrors errors)
    {
        if (text is null)
        {
            return null;
        }
        var isTime = DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time);
        errors.Require(isTime, field, "must be a time in ISO 8601, such as 2027-01-31T12:00:00Z");
        return isTime ? time : null;
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
