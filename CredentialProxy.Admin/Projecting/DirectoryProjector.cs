using System.Collections.Frozen;
using System.Data;
using System.Security.Cryptography;
using CredentialProxy.Admin.Storage;
using CredentialProxy.Core.Directories.Redis;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace CredentialProxy.Admin.Projecting;

/// <summary>
/// Keeps the directory in Redis as the database is. One projection is made at a time, whoever makes it: a lock of the database sees to that, and a number drawn under it keeps one that has lost
/// the lock from writing. A directory that has not the number drawn last was lost, in whole or at its end, and is projected anew under a new name.
/// </summary>
internal sealed class DirectoryProjector(PostgresDatabase database, DirectoryProjection projection, ProjectionScope scope, ProjectionMeter meter, TimeProvider time, ILogger<DirectoryProjector> logger) : IDisposable
{
    /// <summary>Changes projected in one go.</summary>
    private const int MaxChanges = 200;

    private readonly PostgresStorageFactory _storage = new(database.Source);
    private readonly SemaphoreSlim _turn = new(1, 1);
    private long _asked; // interlocked
    private long _done; // guarded by _turn

    /// <summary>Projects every change that was committed before the call.</summary>
    public async Task ProjectAsync(CancellationToken cancellationToken)
    {
        var ticket = Interlocked.Increment(ref _asked);
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_done >= ticket)
            {
                return;
            }
            // Whoever asked by now has committed by now.
            var asked = Volatile.Read(ref _asked);
            await WithLockAsync(ProjectAsync, cancellationToken);
            _done = asked;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>
    /// Compares everything, repairs what differs, and answers how much that was. Nobody waits for it: it only looks at first, and takes its turn for what seems to differ then, be it because it was
    /// changed meanwhile.
    /// </summary>
    public async Task<int> CompareAsync(CancellationToken cancellationToken)
    {
        var suspects = await FindSuspectsAsync(cancellationToken);
        if (suspects.Count == 0)
        {
            return 0;
        }
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var repaired = 0;
            await WithLockAsync(async (guard, stop) => repaired = await RepairAsync(guard, suspects, stop), cancellationToken);
            if (repaired > 0)
            {
                ProjectionLog.Repaired(logger, repaired);
                meter.Repaired(repaired);
            }
            return repaired;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    private async Task WithLockAsync(Func<NpgsqlConnection, CancellationToken, Task> act, CancellationToken cancellationToken)
    {
        // Of a connection of its own: those that read must not look before it is held.
        await using var guard = await database.Source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await guard.BeginTransactionAsync(cancellationToken);
        await AdvisoryLocks.Directory.TakeAsync(guard, cancellationToken);
        await act(guard, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private async Task ProjectAsync(NpgsqlConnection guard, CancellationToken cancellationToken)
    {
        await using var last = new NpgsqlCommand("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM directory_numbers", guard);
        var number = (long)(await last.ExecuteScalarAsync(cancellationToken))!;
        var state = await projection.StateAsync();
        if (state.Mark is null || state.Version != number)
        {
            var started = time.GetTimestamp();
            var mark = RandomNumberGenerator.GetHexString(16, lowercase: true);
            var written = await ProjectAllAsync(guard, mark, cancellationToken);
            ProjectionLog.Anew(logger, mark, written, (long)time.GetElapsedTime(started).TotalMilliseconds);
            return;
        }
        while (await ProjectChangesAsync(guard, cancellationToken))
        {
        }
    }

    private async Task<bool> ProjectChangesAsync(NpgsqlConnection guard, CancellationToken cancellationToken)
    {
        await using var context = _storage.Create();
        var changes = await context.Outbox.AsNoTracking().OrderBy(row => row.Id).Take(MaxChanges).ToListAsync(cancellationToken);
        if (changes.Count == 0)
        {
            return false;
        }
        var writer = new ProjectionWriter(projection, guard, cancellationToken);
        var comparison = new DirectoryComparison(projection, new ProjectedRows(context, scope, time.GetUtcNow()), writer);
        foreach (var kind in changes.GroupBy(change => change.Kind).OrderBy(group => group.Key))
        {
            meter.Projected(await comparison.CompareAsync(kind.Key, [.. kind.Select(change => change.ObjectId).Distinct()]));
        }
        await writer.CompleteAsync();
        await ForgetAsync(context, changes, cancellationToken);
        return changes.Count == MaxChanges;
    }

    private async Task<IReadOnlySet<(DirectoryKind Kind, string Id)>> FindSuspectsAsync(CancellationToken cancellationToken)
    {
        await using var context = _storage.Create();
        await using var snapshot = await context.Database.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
        var suspects = new SuspectedObjects();
        await new DirectoryComparison(projection, new ProjectedRows(context, scope, time.GetUtcNow()), suspects).CompareAllAsync(FrozenSet<(DirectoryKind, string)>.Empty);
        return suspects.Found;
    }

    private async Task<int> RepairAsync(NpgsqlConnection guard, IReadOnlySet<(DirectoryKind Kind, string Id)> suspects, CancellationToken cancellationToken)
    {
        await using var context = _storage.Create();
        // One moment for both: what is in the outbox was changed, and is no difference.
        await using var snapshot = await context.Database.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
        var changes = await context.Outbox.AsNoTracking().Select(row => new { row.Kind, row.ObjectId }).ToListAsync(cancellationToken);
        var writer = new ProjectionWriter(projection, guard, cancellationToken);
        var differing = await new DirectoryComparison(projection, new ProjectedRows(context, scope, time.GetUtcNow()), writer)
            .CompareAgainAsync(suspects, changes.Select(change => (change.Kind, change.ObjectId)).ToHashSet());
        await writer.CompleteAsync();
        await snapshot.CommitAsync(cancellationToken);
        return differing;
    }

    private async Task<int> ProjectAllAsync(NpgsqlConnection guard, string mark, CancellationToken cancellationToken)
    {
        await using var context = _storage.Create();
        // One moment for everything: what is committed while this runs is in the outbox for the next one, and no difference.
        await using var snapshot = await context.Database.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
        var changes = await context.Outbox.AsNoTracking().ToListAsync(cancellationToken);
        var writer = new ProjectionWriter(projection, guard, cancellationToken);
        var differing = await new DirectoryComparison(projection, new ProjectedRows(context, scope, time.GetUtcNow()), writer)
            .CompareAllAsync(changes.Select(change => (change.Kind, change.ObjectId)).ToHashSet());
        await writer.CompleteAsync(mark);
        await snapshot.CommitAsync(cancellationToken);
        await ForgetAsync(context, changes, cancellationToken);
        return differing;
    }

    // By their numbers, and not up to one: a smaller number may be committed yet.
    private static async Task ForgetAsync(PostgresStorageContext context, List<OutboxRow> changes, CancellationToken cancellationToken)
    {
        foreach (var part in changes.Select(change => change.Id).Chunk(DirectoryProjection.MaxEdits))
        {
            await context.Outbox.Where(row => part.Contains(row.Id)).ExecuteDeleteAsync(cancellationToken);
        }
    }
}
