using CredentialProxy.Admin.Api;
using CredentialProxy.Admin.Auditing;
using CredentialProxy.Core.Storage;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Admin.Changing;

/// <summary>Makes objects, audited in the same transaction, and one only for each <c>Idempotency-Key</c>.</summary>
internal sealed class Creations(IDbContextFactory<StorageContext> storage, Repeats repeats, TimeProvider time)
{
    /// <summary>Makes an object and answers.</summary>
    public async Task<IResult> RunAsync<T>(HttpContext http, Creation<T> creation)
        where T : class, IVersionedRow
    {
        if (!Repeats.TryReadKey(http, creation.Kind, creation.Request, out var repeat))
        {
            return Repeats.WrongKey.ToResult();
        }
        await using var context = await storage.CreateDbContextAsync(http.RequestAborted);
        if (repeat is not null && await repeats.FindAsync(context, repeat, http.RequestAborted) is { } earlier)
        {
            return await AgainAsync(context, creation, repeat, earlier);
        }
        var (row, problem) = await creation.Make(context);
        if (row is null)
        {
            // It may be in the way of itself: the same call is made twice at once, and the other one was quicker.
            return repeat is not null && await repeats.FindAsync(context, repeat, http.RequestAborted) is { } meanwhile
                ? await AgainAsync(context, creation, repeat, meanwhile)
                : problem!.ToResult();
        }
        context.Note(http, time, creation.Kind + ".create", row.Id, null, creation.Snapshot(row));
        if (repeat is not null && await repeats.RefuseAsync(context, repeat, row.Id, http.RequestAborted) is { } tooMany)
        {
            return tooMany.ToResult();
        }
        try
        {
            await context.SaveChangesAsync(CancellationToken.None);
        }
        catch (DbUpdateConcurrencyException)
        {
            // Making it changes another object, which somebody else has changed in between.
            return ObjectChanges.Busy.ToResult();
        }
        catch (DbUpdateException e) when (ReferenceViolation.Is(e))
        {
            // What it belongs to was deleted in between.
            return ObjectChanges.Busy.ToResult();
        }
        catch (DbUpdateException e) when (UniqueViolation.Is(e))
        {
            // Of the value itself; or the same call is made twice at once, and the other one was quicker.
            context.ChangeTracker.Clear();
            return repeat is not null && await repeats.FindAsync(context, repeat, http.RequestAborted) is { } other
                ? await AgainAsync(context, creation, repeat, other)
                : creation.Duplicate.ToResult();
        }
        EntityTags.Write(http, row);
        return await creation.Answer(row);
    }

    private static async Task<IResult> AgainAsync<T>(StorageContext context, Creation<T> creation, RepeatRow repeat, RepeatRow earlier)
        where T : class, IVersionedRow
    {
        if (earlier.RequestHash != repeat.RequestHash)
        {
            return Repeats.OtherRequest.ToResult();
        }
        var row = await context.FindAsync<T>(earlier.ObjectId);
        if (row is not null && creation.AnswerAgain is { } answer)
        {
            return await answer(row);
        }
        var detail = row is null
            ? $"This call has made {creation.Kind} '{earlier.ObjectId}' before, which has been deleted since."
            : $"This call has made {creation.Kind} '{earlier.ObjectId}' before. Its secret was shown in that answer alone and is not kept: where it was lost, delete the {creation.Kind} and make another under a new key.";
        return new ApiProblem(StatusCodes.Status409Conflict, "already_created", detail) { ObjectId = earlier.ObjectId }.ToResult();
    }
}
