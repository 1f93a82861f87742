using System.Data;
using System.Globalization;
using CredentialProxy.Admin.Storage;
using CredentialProxy.Core.Usage;
using Npgsql;

namespace CredentialProxy.Admin.Recording;

/// <summary>Sums usage on Postgres, out of the sums by day and hour as far as they reach.</summary>
/// <param name="postgres">The database.</param>
/// <param name="settleFirst">Completes when everything settled before is in the database, so that a caller reads what it has just spent.</param>
internal sealed class PostgresUsageReader(NpgsqlDataSource postgres, Func<CancellationToken, ValueTask> settleFirst) : IUsageReader
{
    /// <inheritdoc/>
    public async ValueTask<UsageSummary> SummarizeAsync(UsageQuery query, CancellationToken cancellationToken)
    {
        await settleFirst(cancellationToken);
        await using var connection = await postgres.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        await using var command = new NpgsqlCommand { Connection = connection };
        UsageSelect.Write(query, await KeptAsync(connection, cancellationToken), command);
        var rows = await ReadAsync(command, cancellationToken);
        return new UsageSummary(rows[0], [.. rows.Skip(1)]);
    }

    /// <summary>From when on nothing was dropped. Nothing will be until the transaction ends, or what was cut by records would lack them.</summary>
    private static async Task<UsageKept> KeptAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var hold = new NpgsqlCommand("""LOCK TABLE ONLY "usage", ONLY usage_hours IN ACCESS SHARE MODE""", connection);
        await hold.ExecuteNonQueryAsync(cancellationToken);
        return new UsageKept(
            await KeptFromAsync(MonthlyPartitions.OfRecords, connection, cancellationToken),
            await KeptFromAsync(MonthlyPartitions.OfHours, connection, cancellationToken));
    }

    private static async Task<long> KeptFromAsync(MonthlyPartitions partitions, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""SELECT "Value" FROM settings WHERE "Name" = $1""", connection) { Parameters = { new() { Value = partitions.KeptFromName } } };
        return await command.ExecuteScalarAsync(cancellationToken) is string value ? long.Parse(value, CultureInfo.InvariantCulture) : 0;
    }

    // The first row is the total.
    private static async Task<List<UsageTotals>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        var rows = new List<UsageTotals>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(UsageTotals.Read(reader));
        }
        return rows;
    }
}
