using System.Globalization;
using CredentialProxy.ServiceDefaults.Configuration;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace CredentialProxy.Admin.Storage;

/// <summary>Brings a Postgres database up to date, however many are told to at once: one does it, the others wait and find nothing left to do. Or waits until somebody else has.</summary>
internal sealed class PostgresMigrator(PostgresDatabase database, PostgresOptions options, UsageKeepingOptions keeping, TimeProvider time)
{
    /// <summary>Between two looks at what others have done.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>Waits until the database is up to date; changes nothing.</summary>
    /// <exception cref="StartupException">The database can't be used, was written by a later version, or was not brought up to date in time.</exception>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        await (await database.OpenAsync(options.WaitForServer, cancellationToken)).DisposeAsync();
        var begun = time.GetTimestamp();
        try
        {
            await using var context = new PostgresStorageFactory(database.Source).Create();
            while (true)
            {
                var applied = await context.Database.GetAppliedMigrationsAsync(cancellationToken);
                var missing = context.Database.GetMigrations().Except(CheckedForLater(context, applied)).ToList();
                if (missing.Count == 0)
                {
                    return;
                }
                if (time.GetElapsedTime(begun) >= options.WaitForMigration)
                {
                    throw new StartupException($"The database lacks {string.Join(", ", missing)}: run 'CredentialProxy.Admin migrate', or raise Postgres:WaitForMigration.");
                }
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
        catch (NpgsqlException e)
        {
            throw database.Explain(e);
        }
    }

    /// <summary>Names of the migrations that were applied by this call.</summary>
    /// <exception cref="StartupException">The database can't be used, or was written by a later version.</exception>
    public async Task<IReadOnlyList<string>> MigrateAsync(CancellationToken cancellationToken)
    {
        await using var guard = await database.OpenAsync(options.WaitForServer, cancellationToken);
        try
        {
            // Held by a connection of its own: the tool's own lock is on a table that must first be made, by one of them only.
            await using var transaction = await guard.BeginTransactionAsync(cancellationToken);
            await LimitWaitAsync(guard, cancellationToken);
            await AdvisoryLocks.Migration.TakeAsync(guard, cancellationToken);
            var applied = await ApplyAsync(cancellationToken);
            await MakeRoomAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return applied;
        }
        catch (NpgsqlException e)
        {
            throw database.Explain(e);
        }
    }

    private async Task LimitWaitAsync(NpgsqlConnection guard, CancellationToken cancellationToken)
    {
        var milliseconds = options.WaitForMigration.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture);
        await using var limit = new NpgsqlCommand($"SET LOCAL lock_timeout = {milliseconds}", guard);
        await limit.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<IReadOnlyList<string>> ApplyAsync(CancellationToken cancellationToken)
    {
        await using var context = new PostgresStorageFactory(database.Source).Create();
        // A table may be rewritten, however large.
        context.Database.SetCommandTimeout(TimeSpan.Zero);
        CheckedForLater(context, await context.Database.GetAppliedMigrationsAsync(cancellationToken));
        IReadOnlyList<string> pending = [.. await context.Database.GetPendingMigrationsAsync(cancellationToken)];
        await context.Database.MigrateAsync(cancellationToken);
        return pending;
    }

    private static IEnumerable<string> CheckedForLater(DbContext context, IEnumerable<string> applied) => applied.Except(context.Database.GetMigrations()).Any()
        ? throw new StartupException("The database was written by a later version. Start that version, or use another database.")
        : applied;

    private async Task MakeRoomAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.Source.OpenConnectionAsync(cancellationToken);
        await new UsageKeeping(keeping).MakeRoomAsync(connection, time.GetUtcNow(), cancellationToken);
    }
}
