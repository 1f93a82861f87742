using CredentialProxy.Admin.Listing;
using CredentialProxy.Core.Storage;

namespace CredentialProxy.Admin.Api.Usage;

/// <summary>Filters of usage records; all of them apply together.</summary>
/// <param name="Token">Token id.</param>
/// <param name="Project">Project id.</param>
/// <param name="Credential">Credential id.</param>
/// <param name="Model">Model.</param>
/// <param name="Provider">Provider.</param>
/// <param name="From">First moment, inclusive.</param>
/// <param name="To">Last moment, exclusive.</param>
internal sealed record UsageRecordFilter(string? Token, string? Project, string? Credential, string? Model, string? Provider, string? From, string? To)
{
    /// <summary>Keeps what fits.</summary>
    public IQueryable<UsageRow> Apply(IQueryable<UsageRow> records, FieldErrors errors)
    {
        if (Filters.Text(Token, "token", errors) is { } token)
        {
            records = records.Where(row => row.TokenId == token);
        }
        if (Filters.Text(Project, "project", errors) is { } project)
        {
            records = records.Where(row => row.ProjectId == project);
        }
        if (Filters.Text(Credential, "credential", errors) is { } credential)
        {
            records = records.Where(row => row.CredentialId == credential);
        }
        if (Filters.Text(Model, "model", errors) is { } model)
        {
            records = records.Where(row => row.Model == model);
        }
        if (Filters.Text(Provider, "provider", errors) is { } provider)
        {
            records = records.Where(row => row.Provider == provider);
        }
        if (Times.Read(From, "from", errors) is { } from)
        {
            var ms = from.ToUnixTimeMilliseconds();
            records = records.Where(row => row.TimeMs >= ms);
        }
        if (Times.Read(To, "to", errors) is { } to)
        {
            var ms = to.ToUnixTimeMilliseconds();
            records = records.Where(row => row.TimeMs < ms);
        }
        return records;
    }

    /// <summary>The records after a cursor, in the order of lists: newest first.</summary>
    public static IQueryable<UsageRow> After(IQueryable<UsageRow> records, Cursor? cursor)
    {
        if (cursor is { } after)
        {
            var (ms, id) = (after.Number, after.Text);
            // The first condition follows from the other, which no index serves.
            records = records.Where(row => row.TimeMs <= ms && (row.TimeMs < ms || string.Compare(row.RequestId, id) < 0));
        }
        return records.OrderByDescending(row => row.TimeMs).ThenByDescending(row => row.RequestId);
    }

    /// <summary>Where a record stands in that order.</summary>
    public static Cursor CursorOf(UsageRow row) => new(row.TimeMs, row.RequestId);
}
