using System.Text.Json;
using CredentialProxy.Admin.Authorizing;
using CredentialProxy.Admin.Listing;
using CredentialProxy.Core.Storage;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Admin.Api;

/// <summary>One change of state: who did what to which object.</summary>
/// <param name="Id">Rising number.</param>
/// <param name="Time">When.</param>
/// <param name="Actor">Who: an admin key's id, <c>admin-key</c> for the one set or made at the start, <c>jwt:</c> and a subject, <c>system</c> for the control plane itself, or <c>command-line</c>.</param>
/// <param name="Role">As what.</param>
/// <param name="Action">What, such as <c>token.revoke</c>.</param>
/// <param name="ObjectId">Id of the object.</param>
/// <param name="Before">The object before, without secrets; null where it was not there.</param>
/// <param name="After">The object after, without secrets; null where it is gone.</param>
public sealed record AuditDocument(long Id, DateTimeOffset Time, string Actor, string Role, string Action, string ObjectId, JsonElement? Before, JsonElement? After);

/// <summary>A page of the audit log.</summary>
/// <param name="Events">The events, newest first.</param>
/// <param name="NextCursor">What to ask for the next page with; null at the end.</param>
public sealed record AuditPage(IReadOnlyList<AuditDocument> Events, string? NextCursor);

/// <summary>Filters of the audit log; all of them apply together.</summary>
/// <param name="Limit">Most events in a page, 1 to 200; 50 when absent.</param>
/// <param name="Cursor">The <c>nextCursor</c> of the page before.</param>
/// <param name="Actor">Who.</param>
/// <param name="Action">What, such as <c>token.revoke</c>; <c>token.*</c> for all that happens to tokens.</param>
/// <param name="Object">Id of the object.</param>
/// <param name="From">First moment, inclusive.</param>
/// <param name="To">Last moment, exclusive.</param>
internal sealed record AuditFilter(int? Limit, string? Cursor, string? Actor, string? Action, string? Object, string? From, string? To);

/// <summary>The audit log, newest first, a page at a time.</summary>
internal sealed class AuditApi(IDbContextFactory<StorageContext> storage)
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/audit", (AuditApi api, [AsParameters] AuditFilter filter, CancellationToken stop) => api.ListAsync(filter, stop)).WithTags("Audit")
            .Allow(AdminRole.Viewer).Produces<AuditPage>().WithSummary("Lists who changed what, newest first").WithDescription("Refused and failed attempts changed nothing and are in the log of the process instead.");

    /// <summary>Answers a page.</summary>
    public async Task<IResult> ListAsync(AuditFilter filter, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        var page = PageRequest.Read(filter.Limit, filter.Cursor, errors);
        await using var context = await storage.CreateDbContextAsync(cancellationToken);
        var events = Filtered(context.Audit.AsNoTracking(), filter, errors);
        if (errors.Problem is { } problem)
        {
            return problem.ToResult();
        }
        if (page.After is { Number: var last })
        {
            events = events.Where(entry => entry.Id < last);
        }
        var rows = await events.OrderByDescending(entry => entry.Id).Take(page.Size + 1).ToListAsync(cancellationToken);
        var (shown, next) = page.Cut(rows, row => new Cursor(row.Id, ""));
        return Results.Ok(new AuditPage([.. shown.Select(row => new AuditDocument(row.Id, row.Time, row.Actor, row.Role, row.Action, row.ObjectId, Json(row.BeforeJson), Json(row.AfterJson)))], next));
    }

    private static IQueryable<AuditRow> Filtered(IQueryable<AuditRow> events, AuditFilter filter, FieldErrors errors)
    {
        if (Filters.Text(filter.Actor, "actor", errors) is { } actor)
        {
            events = events.Where(entry => entry.Actor == actor);
        }
        if (Filters.Text(filter.Action, "action", errors) is { } action)
        {
            var prefix = action.EndsWith(".*", StringComparison.Ordinal) ? action[..^1] : null;
            events = prefix is null ? events.Where(entry => entry.Action == action) : events.Where(entry => entry.Action.StartsWith(prefix));
        }
        if (Filters.Text(filter.Object, "object", errors) is { } id)
        {
            events = events.Where(entry => entry.ObjectId == id);
        }
        if (Times.Read(filter.From, "from", errors) is { } from)
        {
            events = events.Where(entry => entry.Time >= from);
        }
        return Times.Read(filter.To, "to", errors) is { } to ? events.Where(entry => entry.Time < to) : events;
    }

    private static JsonElement? Json(string? text) => text is null ? null : JsonElement.Parse(text);
}
