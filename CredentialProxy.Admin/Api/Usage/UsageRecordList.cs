using CredentialProxy.Admin.Listing;
using CredentialProxy.Admin.Recording;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Usage;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Admin.Api.Usage;

/// <summary>Reads usage records, newest first, from where a page ended. Whatever the filters, and however many others there are, it looks through few that it does not show.</summary>
internal sealed class UsageRecordList(IDbContextFactory<StorageContext> storage, IRecordTimes times)
{
    /// <summary>The next records that the filters fit: as many as were asked for, or all that are left.</summary>
    public async Task<List<UsageRow>> ReadAsync(UsageQuery query, Cursor? after, int count, CancellationToken cancellationToken)
    {
        var left = new TimeStretch(query.FromMs ?? long.MinValue, query.ToMs ?? long.MaxValue);
        if (after is { } cursor && cursor.Number < left.ToMs)
        {
            left = left with { ToMs = cursor.Number + 1 };
        }
        var rows = new List<UsageRow>();
        await using var context = await storage.CreateDbContextAsync(cancellationToken);
        var records = After(Matching(context.Usage.AsNoTracking(), query), after);
        foreach (var stretch in await times.FindAsync(query, left, count, cancellationToken))
        {
            var (fromMs, toMs) = (Math.Max(stretch.FromMs, left.FromMs), Math.Min(stretch.ToMs, left.ToMs));
            rows.AddRange(await records.Where(row => row.TimeMs >= fromMs && row.TimeMs < toMs).Take(count - rows.Count).ToListAsync(cancellationToken));
            if (rows.Count == count)
            {
                break;
            }
        }
        return rows;
    }

    /// <summary>Where a record stands in the order of the list.</summary>
    public static Cursor CursorOf(UsageRow row) => new(row.TimeMs, row.RequestId);

    private static IQueryable<UsageRow> Matching(IQueryable<UsageRow> records, UsageQuery query)
    {
        if (query.TokenId is { } token)
        {
            records = records.Where(row => row.TokenId == token);
        }
        if (query.ProjectId is { } project)
        {
            records = records.Where(row => row.ProjectId == project);
        }
        if (query.CredentialId is { } credential)
        {
            records = records.Where(row => row.CredentialId == credential);
        }
        if (query.Model is { } model)
        {
            records = records.Where(row => row.Model == model);
        }
        if (query.Provider is { } provider)
        {
            records = records.Where(row => row.Provider == provider);
        }
        return records;
    }

    private static IQueryable<UsageRow> After(IQueryable<UsageRow> records, Cursor? cursor)
    {
        if (cursor is { } after)
        {
            var (ms, id) = (after.Number, after.Text);
            // The first condition follows from the other, which no index serves.
            records = records.Where(row => row.TimeMs <= ms && (row.TimeMs < ms || string.Compare(row.RequestId, id) < 0));
        }
        return records.OrderByDescending(row => row.TimeMs).ThenByDescending(row => row.RequestId);
    }
}
