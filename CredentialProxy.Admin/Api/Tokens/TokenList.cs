using CredentialProxy.Admin.Authorizing;
using CredentialProxy.Admin.Listing;
using CredentialProxy.Core.Storage;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Admin.Api.Tokens;

/// <summary>Filters of a list of tokens; all of them apply together.</summary>
/// <param name="Limit">Most tokens in a page, 1 to 200; 50 when absent.</param>
/// <param name="Cursor">The <c>nextCursor</c> of the page before.</param>
/// <param name="Project">Id of the project.</param>
/// <param name="Provider">A provider that the tokens may use.</param>
/// <param name="Status"><c>active</c>, <c>disabled</c>, <c>revoked</c> or <c>expired</c>.</param>
/// <param name="Kind"><c>session</c> or <c>proxy</c>.</param>
/// <param name="Search">A part of the label, the id or the last four characters; letter case does not matter.</param>
internal sealed record TokenFilter(int? Limit, string? Cursor, string? Project, string? Provider, string? Status, string? Kind, string? Search);

/// <summary>The list of tokens, newest first, a page at a time.</summary>
internal sealed class TokenList(IDbContextFactory<StorageContext> storage, TimeProvider time)
{
    private static readonly string[] Kinds = ["session", "proxy"];
    private static readonly string[] Statuses = ["active", "disabled", "revoked", "expired"];

    /// <summary>Answers a page.</summary>
    public async Task<IResult> AnswerAsync(TokenFilter filter, HttpContext http)
    {
        var errors = new FieldErrors();
        var page = PageRequest.Read(filter.Limit, filter.Cursor, errors);
        var now = time.GetUtcNow();
        await using var context = await storage.CreateDbContextAsync(http.RequestAborted);
        var tokens = Filtered(context.Tokens.AsNoTracking(), filter, http.Features.GetRequiredFeature<AdminCaller>(), now, errors);
        if (errors.Problem is { } problem)
        {
            return problem.ToResult();
        }
        if (page.After is { } after)
        {
            var (time, id) = (after.Time, after.Text);
            tokens = tokens.Where(token => token.CreatedAt < time || (token.CreatedAt == time && string.Compare(token.Id, id) < 0));
        }
        var rows = await tokens.OrderByDescending(token => token.CreatedAt).ThenByDescending(token => token.Id).Take(page.Size + 1).ToListAsync(http.RequestAborted);
        var (shown, next) = page.Cut(rows, row => Cursor.Of(row.CreatedAt, row.Id));
        return Results.Ok(new TokenPage([.. shown.Select(row => TokenDocument.Of(row, LimitRequests.Describe(row.LimitsJson), now))], next));
    }

    private static IQueryable<TokenRow> Filtered(IQueryable<TokenRow> tokens, TokenFilter filter, AdminCaller caller, DateTimeOffset now, FieldErrors errors)
    {
        if (caller.SeesOnlyItsOwn)
        {
            tokens = tokens.Where(token => token.MintedBy == caller.Name);
        }
        if (Filters.Text(filter.Project, "project", errors) is { } project)
        {
            tokens = tokens.Where(token => token.ProjectId == project);
        }
        if (Filters.Text(filter.Provider, "provider", errors) is { } provider)
        {
            // Without a list it may use all.
            tokens = tokens.Where(token => token.Providers.Count == 0 || token.Providers.Contains(provider));
        }
        if (Filters.Word(filter.Kind, "kind", Kinds, errors) is { } kind)
        {
            tokens = tokens.Where(token => token.Kind == kind);
        }
        if (Filters.Text(filter.Search, "search", errors) is { } search)
        {
            tokens = tokens.Search(search, token => token.Label, token => token.Id, token => token.LastFour);
        }
        return Filters.Word(filter.Status, "status", Statuses, errors) switch
        {
            "revoked" => tokens.Where(token => token.RevokedAt != null),
            "expired" => tokens.Where(token => token.RevokedAt == null && token.ExpiresAt <= now),
            "disabled" => tokens.Where(token => token.RevokedAt == null && (token.ExpiresAt == null || token.ExpiresAt > now) && token.IsDisabled),
            "active" => tokens.Where(token => token.RevokedAt == null && (token.ExpiresAt == null || token.ExpiresAt > now) && !token.IsDisabled),
            _ => tokens,
        };
    }
}
