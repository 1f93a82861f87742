using Npgsql;

namespace CredentialProxy.Admin.Storage;

/// <summary>A lock of the database that is named by a number and held until the transaction ends, so that it holds behind a connection pooler too.</summary>
/// <param name="Number">The number: one of ours, which nobody else on the database should use.</param>
/// <param name="IsHeldLong">Whether it is held for longer than a command may take: it is waited for as long as the transaction's <c>lock_timeout</c> allows.</param>
internal readonly record struct AdvisoryLock(long Number, bool IsHeldLong = false)
{
    /// <summary>Waits for it.</summary>
    public async Task TakeAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT pg_advisory_xact_lock($1)", connection) { Parameters = { new() { Value = Number } } };
        if (IsHeldLong)
        {
            command.CommandTimeout = 0;
        }
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Holds it until the answer is disposed, by a transaction of its own; null when somebody else has it.</summary>
    public async Task<IAsyncDisposable?> TryHoldAsync(NpgsqlDataSource postgres, CancellationToken cancellationToken)
    {
        // Ends its transaction when it goes back to its pool.
        var connection = await postgres.OpenConnectionAsync(cancellationToken);
        try
        {
            await connection.BeginTransactionAsync(cancellationToken);
            await using var command = new NpgsqlCommand("SELECT pg_try_advisory_xact_lock($1)", connection) { Parameters = { new() { Value = Number } } };
            if (await command.ExecuteScalarAsync(cancellationToken) is true)
            {
                return connection;
            }
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
        await connection.DisposeAsync();
        return null;
    }
}

/// <summary>The locks there are.</summary>
internal static class AdvisoryLocks
{
    // "CrPx" and a number.
    private const long Ours = 0x4372_5078_0000_0000;

    /// <summary>One process at a time brings the database up to date.</summary>
    public static readonly AdvisoryLock Migration = new(Ours + 1, IsHeldLong: true);

    /// <summary>One at a time creates or drops partitions.</summary>
    public static readonly AdvisoryLock Partitions = new(Ours + 2);

    /// <summary>One at a time writes usage.</summary>
    public static readonly AdvisoryLock Usage = new(Ours + 3);

    /// <summary>One at a time projects the directory.</summary>
    public static readonly AdvisoryLock Directory = new(Ours + 4);

    /// <summary>One at a time makes the first key of the key ring.</summary>
    public static readonly AdvisoryLock KeyRing = new(Ours + 16);

    /// <summary>One at a time makes the first signing key.</summary>
    public static readonly AdvisoryLock SigningKeys = new(Ours + 18);

    /// <summary>One at a time rebuilds accounts that Redis has lost.</summary>
    public static readonly AdvisoryLock Rebuilding = new(Ours + 17);

    /// <summary>One at a time records whose stored objects are, so that changes are kept in the order in which they were made.</summary>
    public static readonly AdvisoryLock Owners = new(Ours + 19);

    /// <summary>One at a time puts back owners of stored objects that Redis has lost.</summary>
    public static readonly AdvisoryLock OwnerRebuilding = new(Ours + 20);
}
