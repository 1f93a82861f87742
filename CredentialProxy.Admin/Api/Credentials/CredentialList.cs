using CredentialProxy.Admin.Listing;
using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Vault;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Admin.Api.Credentials;

/// <summary>The list of credentials: those of the environment, of which there is at most one a provider, and those that were added, oldest first, a page at a time.</summary>
internal sealed class CredentialList(IDbContextFactory<StorageContext> storage, IDirectory known, ProviderCatalog catalog)
{
    private static readonly string[] Statuses = ["active", "disabled"];

    /// <summary>Answers a page.</summary>
    public async Task<IResult> AnswerAsync(CredentialFilter filter, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        var page = PageRequest.Read(filter.Limit, filter.Cursor, errors);
        await using var context = await storage.CreateDbContextAsync(cancellationToken);
        var credentials = Filtered(context.Credentials.AsNoTracking(), filter, errors);
        if (errors.Problem is { } problem)
        {
            return problem.ToResult();
        }
        if (page.After is { } after)
        {
            var (time, id) = (after.Time, after.Text);
            credentials = credentials.Where(row => row.CreatedAt > time || (row.CreatedAt == time && string.Compare(row.Id, id) > 0));
        }
        var rows = await credentials.OrderBy(row => row.CreatedAt).ThenBy(row => row.Id).Take(page.Size + 1).ToListAsync(cancellationToken);
        var (shown, next) = page.Cut(rows, row => Cursor.Of(row.CreatedAt, row.Id));
        var fromEnvironment = page.After is null && filter.Status is null or "active" ? OfEnvironment().Where(credential => Fits(credential, filter)) : [];
        return Results.Ok(new CredentialPage([.. fromEnvironment.Select(CredentialDocument.OfEnvironment), .. shown.Select(row => CredentialDocument.Of(row))], next));
    }

    /// <summary>The credential of the environment or the settings that has this id; null for none.</summary>
    public Credential? FindOfEnvironment(string id) => OfEnvironment().FirstOrDefault(credential => credential.Id == id);

    private IEnumerable<Credential> OfEnvironment() => catalog.Names.SelectMany(name => known.CredentialsOf(name)).Where(EnvironmentCredentials.Has);

    private static bool Fits(Credential credential, CredentialFilter filter) =>
        (string.IsNullOrEmpty(filter.Provider) || credential.Provider == filter.Provider)
        && (string.IsNullOrEmpty(filter.Search) || credential.Label.Contains(filter.Search, StringComparison.OrdinalIgnoreCase) || credential.Id.Contains(filter.Search, StringComparison.OrdinalIgnoreCase));

    private static IQueryable<CredentialRow> Filtered(IQueryable<CredentialRow> credentials, CredentialFilter filter, FieldErrors errors)
    {
        if (Filters.Text(filter.Provider, "provider", errors) is { } provider)
        {
            credentials = credentials.Where(row => row.Provider == provider);
        }
        if (Filters.Text(filter.Search, "search", errors) is { } search)
        {
            credentials = credentials.Search(search, row => row.Label, row => row.Id);
        }
        var status = Filters.Word(filter.Status, "status", Statuses, errors);
        return status is null ? credentials : credentials.Where(row => row.IsDisabled == (status == "disabled"));
    }
}
