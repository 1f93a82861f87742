using System.Runtime.CompilerServices;
using CredentialProxy.Admin.Storage;
using CredentialProxy.Core.Objects;
using Npgsql;

namespace CredentialProxy.Admin.Ownership;

/// <summary>What Postgres knows of owners of stored objects: whose each is, how far each process has come, and the epoch that they are in.</summary>
internal sealed class KnownOwners(NpgsqlDataSource postgres, ObjectOwnersOptions options)
{
    private const string EpochName = "objects-epoch";
    private const int MostForgotten = 5_000;

    // Longer than a change may be kept by its process.
    private static readonly TimeSpan KeepNumbers = TimeSpan.FromDays(90);

    /// <summary>Holds the lock of putting back until it is disposed; null when somebody else has it.</summary>
    public Task<IAsyncDisposable?> TryLockAsync(CancellationToken cancellationToken) => AdvisoryLocks.OwnerRebuilding.TryHoldAsync(postgres, cancellationToken);

    /// <summary>The epoch in which it last knew them; empty for none.</summary>
    public async Task<string> EpochAsync(CancellationToken cancellationToken)
    {
        await using var command = postgres.CreateCommand("SELECT \"Value\" FROM settings WHERE \"Name\" = $1");
        command.Parameters.Add(new() { Value = EpochName });
        return await command.ExecuteScalarAsync(cancellationToken) as string ?? "";
    }

    /// <summary>Takes note of a new epoch.</summary>
    public async Task BeginAsync(string epoch, CancellationToken cancellationToken)
    {
        await using var command = postgres.CreateCommand("INSERT INTO settings (\"Name\", \"Value\") VALUES ($1, $2) ON CONFLICT (\"Name\") DO UPDATE SET \"Value\" = excluded.\"Value\"");
        command.Parameters.Add(new() { Value = EpochName });
        command.Parameters.Add(new() { Value = epoch });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The number of each process that was heard of since.</summary>
    public async Task<IReadOnlyList<(string Instance, long Number)>> NumbersAsync(DateTimeOffset since, CancellationToken cancellationToken)
    {
        await using var command = postgres.CreateCommand(OwnerSql.NumbersSince);
        command.Parameters.Add(new() { Value = since.ToUnixTimeMilliseconds() });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var numbers = new List<(string, long)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            numbers.Add((reader.GetString(0), reader.GetInt64(1)));
        }
        return numbers;
    }

    /// <summary>Every object that is not over, as it comes: there may be millions.</summary>
    public async IAsyncEnumerable<KnownObject> ReadAsync(DateTimeOffset now, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var command = postgres.CreateCommand(OwnerSql.Read);
        command.Parameters.Add(new() { Value = now.ToUnixTimeMilliseconds() });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            yield return new KnownObject(reader.GetString(0), new StoredObject(reader.GetString(1), reader.GetString(2), reader.GetString(3)), reader.GetInt64(4), reader.GetInt64(5));
        }
    }

    /// <summary>Forgets objects that are over, a few thousand at a time, and processes that are long gone.</summary>
    public async Task ForgetOverAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        while (await ExecuteAsync(OwnerSql.ForgetOver, cancellationToken, now.ToUnixTimeMilliseconds(), MostForgotten) == MostForgotten)
        {
        }
        await ExecuteAsync(OwnerSql.ForgetNumbers, cancellationToken, (now - KeepNumbers).ToUnixTimeMilliseconds());
    }

    /// <summary>Forgets the oldest objects of owners that have more than they may; it looks at all of them.</summary>
    public Task ForgetOldestAsync(CancellationToken cancellationToken) => ExecuteAsync(OwnerSql.ForgetOldest, cancellationToken, (long)options.MaxPerOwner);

    private async Task<int> ExecuteAsync(string sql, CancellationToken cancellationToken, params object[] values)
    {
        await using var command = postgres.CreateCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }
}

/// <summary>An object and whose it is.</summary>
/// <param name="Owner">The owner.</param>
/// <param name="Stored">The object.</param>
/// <param name="Since">Since when, in Unix milliseconds.</param>
/// <param name="Ends">When it is forgotten, in Unix milliseconds.</param>
internal readonly record struct KnownObject(string Owner, StoredObject Stored, long Since, long Ends);
