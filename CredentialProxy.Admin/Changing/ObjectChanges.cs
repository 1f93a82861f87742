using CredentialProxy.Admin.Api;
using CredentialProxy.Admin.Auditing;
using CredentialProxy.Core.Storage;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Admin.Changing;

/// <summary>
/// Makes changes to objects: whole or not at all, audited in the same transaction, and never over somebody else's that it has not seen. With <c>If-Match</c> a change of another version is
/// refused; without, it is made to the object as it is. One that is not the same when it is made twice is made once for each <c>Idempotency-Key</c>.
/// </summary>
internal sealed class ObjectChanges(IDbContextFactory<StorageContext> storage, Repeats repeats, TimeProvider time)
{
    /// <summary>How often a change is tried when others come in between. Each time one of them got through.</summary>
    private const int MaxAttempts = 5;

    /// <summary>Makes a change. The row as it is afterwards, or the problem to answer with.</summary>
    public async Task<(T? Row, ApiProblem? Problem)> RunAsync<T>(HttpContext http, ObjectChange<T> change)
        where T : class, IVersionedRow
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            try
            {
                return await TryAsync(http, change);
            }
            catch (DbUpdateConcurrencyException)
            {
                // Somebody changed it in between: looked at anew.
            }
            catch (DbUpdateException e) when (ReferenceViolation.Is(e))
            {
                // What it belongs to was deleted in between, or something came to belong to it.
            }
            catch (DbUpdateException e) when (change.Request is not null && UniqueViolation.Is(e))
            {
                // The same call was made twice at once, and the other one was quicker.
            }
            catch (DbUpdateException e) when (change.Duplicate is not null && UniqueViolation.Is(e))
            {
                return (null, change.Duplicate);
            }
        }
        return (null, Busy);
    }

    /// <summary>Others come in between again and again.</summary>
    public static ApiProblem Busy { get; } =
        new(StatusCodes.Status409Conflict, "concurrent_change", "Others are changing the same at the moment; nothing was changed by this call. Try again.") { RetryAfter = TimeSpan.FromSeconds(1) };

    private async Task<(T? Row, ApiProblem? Problem)> TryAsync<T>(HttpContext http, ObjectChange<T> change)
        where T : class, IVersionedRow
    {
        await using var context = await storage.CreateDbContextAsync(http.RequestAborted);
        var row = await change.Find(context);
        if (row is null)
        {
            return (null, ApiProblem.NotFound(change.Kind));
        }
        RepeatRow? repeat = null;
        if (change.Request is { } request && !Repeats.TryReadKey(http, $"{change.Action} {row.Id}", request, out repeat))
        {
            return (null, Repeats.WrongKey);
        }
        // Before its version is looked at, which it has raised itself.
        if (repeat is not null && await repeats.FindAsync(context, repeat, http.RequestAborted) is { } earlier)
        {
            if (earlier.RequestHash != repeat.RequestHash)
            {
                return (null, Repeats.OtherRequest);
            }
            // It may have been made since the row was read.
            await context.Entry(row).ReloadAsync(http.RequestAborted);
            return (row, null);
        }
        if (EntityTags.Refuse(http, row) is { } other)
        {
            return (null, other);
        }
        var before = change.Snapshot(row);
        if (await change.Apply(context, row) is { } problem)
        {
            return (null, problem);
        }
        if (!context.ChangeTracker.HasChanges())
        {
            return (row, null);
        }
        var isDeleted = context.Entry(row).State == EntityState.Deleted;
        row.Version++;
        context.Note(http, time, change.Action, row.Id, before, isDeleted ? null : change.Snapshot(row));
        if (repeat is not null && await repeats.RefuseAsync(context, repeat, row.Id, http.RequestAborted) is { } tooMany)
        {
            return (null, tooMany);
        }
        // Not given up half-way: who is told nothing must not be told of nothing that happened.
        await context.SaveChangesAsync(CancellationToken.None);
        return (row, null);
    }
}
