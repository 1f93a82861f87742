using CredentialProxy.Admin.Authorizing;
using CredentialProxy.Admin.Listing;

namespace CredentialProxy.Admin.Api.Usage;

/// <summary>The records behind the sums of usage: a page at a time, or all of them as CSV.</summary>
internal sealed class UsageRecordsApi(UsageRecordList list, OwnTokens own, SettlementBarrier settled)
{
    /// <summary>Records read at once for an export, which holds no more of them in memory, and no longer than they take.</summary>
    private const int ExportedAtOnce = 1000;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/usage/records", (UsageRecordsApi api, int? limit, string? cursor, [AsParameters] UsageRecordFilter filter, HttpContext http) => api.ListAsync(limit, cursor, filter, http))
            .WithTags("Usage").AllowUsageReaders(AdminRole.Viewer, AdminRole.Minter).Produces<UsageRecordPage>().WithSummary("Lists usage records, newest first").WithDescription("A page at a time. A minter must name one of its tokens.");
        routes.MapGet("/api/usage/records.csv", (UsageRecordsApi api, [AsParameters] UsageRecordFilter filter, HttpContext http) => api.ExportAsync(filter, http))
            .WithTags("Usage").AllowUsageReaders(AdminRole.Viewer, AdminRole.Minter).Produces<string>(StatusCodes.Status200OK, "text/csv").WithSummary("Exports usage records as CSV, newest first")
            .WithDescription("All that fit, streamed. What a spreadsheet would take for a formula has an apostrophe before it.");
    }

    /// <summary>Answers a page.</summary>
    public async Task<IResult> ListAsync(int? limit, string? cursor, UsageRecordFilter filter, HttpContext http)
    {
        var errors = new FieldErrors();
        var page = PageRequest.Read(limit, cursor, errors);
        var query = filter.Read(errors);
        if (errors.Problem is { } problem)
        {
            return problem.ToResult();
        }
        if (await own.RefuseAsync(http, query.TokenId) is { } refused)
        {
            return refused.ToResult();
        }
        await settled.WaitAsync(http.RequestAborted);
        var rows = await list.ReadAsync(query, page.After, page.Size + 1, http.RequestAborted);
        var (shown, next) = page.Cut(rows, UsageRecordList.CursorOf);
        return Results.Ok(new UsageRecordPage([.. shown.Select(UsageRecordDocument.Of)], next));
    }

    /// <summary>Writes all that fit.</summary>
    public async Task<IResult> ExportAsync(UsageRecordFilter filter, HttpContext http)
    {
        var errors = new FieldErrors();
        var query = filter.Read(errors);
        if (errors.Problem is { } problem)
        {
            return problem.ToResult();
        }
        if (await own.RefuseAsync(http, query.TokenId) is { } refused)
        {
            return refused.ToResult();
        }
        await settled.WaitAsync(http.RequestAborted);
        http.Response.ContentType = "text/csv; charset=utf-8; header=present";
        http.Response.Headers.ContentDisposition = "attachment; filename=\"usage.csv\"";
        await http.Response.WriteAsync(UsageCsv.Header, http.RequestAborted);
        // Page by page and not in one query: a slow client must keep no snapshot of the database open.
        Cursor? after = null;
        int read;
        do
        {
            var rows = await list.ReadAsync(query, after, ExportedAtOnce, http.RequestAborted);
            await http.Response.WriteAsync(UsageCsv.Write(rows.Select(UsageRecordDocument.Of)), http.RequestAborted);
            read = rows.Count;
            after = read > 0 ? UsageRecordList.CursorOf(rows[^1]) : null;
        }
        while (read == ExportedAtOnce);
        return Results.Empty;
    }
}
