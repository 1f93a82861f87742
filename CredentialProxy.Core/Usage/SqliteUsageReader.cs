using System.Text;
using Microsoft.Data.Sqlite;

namespace CredentialProxy.Core.Usage;

/// <summary>Sums the <c>usage</c> table of an embedded store.</summary>
/// <param name="databasePath">Path of the database file.</param>
/// <param name="settleFirst">Completes when everything settled before is in the table, so that a caller reads what it has just spent.</param>
public sealed class SqliteUsageReader(string databasePath, Func<CancellationToken, ValueTask> settleFirst) : IUsageReader
{
    /// <summary>Groups answered at most: the dearest.</summary>
    public const int MostGroups = 10_000;

    // total() and not sum(): sums of what providers report must not fail, and are exact up to 2^53 either way.
    private const string Sums = """
        count(*), CAST(total(InputTokens) AS INTEGER), CAST(total(CachedInputTokens) AS INTEGER), CAST(total(CacheWriteTokens) AS INTEGER),
        CAST(total(OutputTokens) AS INTEGER), CAST(total(ReasoningTokens) AS INTEGER), CAST(total(CostMicroUsd) AS INTEGER)
        """;

    private readonly string _connectionString = new SqliteConnectionStringBuilder
    {
        DataSource = databasePath,
        Mode = SqliteOpenMode.ReadWrite, // a reader of a WAL file must be able to write its index
    }.ToString();

    /// <inheritdoc/>
    public async ValueTask<UsageSummary> SummarizeAsync(UsageQuery query, CancellationToken cancellationToken)
    {
        await settleFirst(cancellationToken);
        await using var connection = new SqliteConnection(_connectionString);
        await connection.OpenAsync(cancellationToken);
        // One snapshot for both, so that the groups add up to the total.
        await using var snapshot = connection.BeginTransaction(deferred: true);
        await using var command = connection.CreateCommand();
        command.Transaction = snapshot;
        var where = Where(query, command);

        command.CommandText = $"SELECT NULL, {Sums} FROM \"usage\"{where}";
        var totals = (await ReadAsync(command, cancellationToken))[0];
        if (Key(query.GroupBy) is not { } key)
            return new UsageSummary(totals, []);
        command.CommandText = $"SELECT {key}, {Sums} FROM \"usage\"{where} GROUP BY 1 ORDER BY 8 DESC, 2 DESC, 1 LIMIT {MostGroups}";
        return new UsageSummary(totals, await ReadAsync(command, cancellationToken));
    }

    private static async Task<List<UsageTotals>> ReadAsync(SqliteCommand command, CancellationToken cancellationToken)
    {
        var rows = new List<UsageTotals>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(UsageTotals.Read(reader));
        }

        return rows;
    }

    private static string? Key(UsageGrouping grouping) => grouping switch
    {
        UsageGrouping.None => null,
        UsageGrouping.Token => "TokenId",
        UsageGrouping.Project => "coalesce(ProjectId, '')",
        UsageGrouping.Model => "Model",
        UsageGrouping.Provider => "Provider",
        UsageGrouping.Credential => "CredentialId",
        UsageGrouping.Day => "strftime('%Y-%m-%d', TimeMs / 1000, 'unixepoch')",
        UsageGrouping.Hour => "strftime('%Y-%m-%dT%H:00Z', TimeMs / 1000, 'unixepoch')",
        _ => throw new ArgumentOutOfRangeException(nameof(grouping), grouping, "An unknown grouping."),
    };

    private static string Where(UsageQuery query, SqliteCommand command)
    {
        var conditions = new StringBuilder();
        Add("TokenId = $token", "$token", query.TokenId);
        Add("ProjectId = $project", "$project", query.ProjectId);
        Add("CredentialId = $credential", "$credential", query.CredentialId);
        Add("Model = $model", "$model", query.Model);
        Add("Provider = $provider", "$provider", query.Provider);
        Add("TimeMs >= $from", "$from", query.FromMs);
        Add("TimeMs < $to", "$to", query.ToMs);
        return conditions.ToString();

        void Add(string condition, string name, object? value)
        {
            if (value is null)
                return;
            conditions.Append(conditions.Length == 0 ? " WHERE " : " AND ").Append(condition);
            command.Parameters.AddWithValue(name, value);
        }
    }
}
