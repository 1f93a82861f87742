using System.Data;
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
        var rollUp = UsageRollUp.For(query);
        UsageSelect.Write(query, rollUp, await UsageKept.HoldAsync(rollUp, connection, cancellationToken), command);
        var rows = await ReadAsync(command, cancellationToken);
        return new UsageSummary(rows[0], [.. rows.Skip(1)]);
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
