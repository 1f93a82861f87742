using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Usage;
using Npgsql;

namespace CredentialProxy.Benchmarks.Chaos.Books;

/// <summary>Usage and accounts as Postgres has them.</summary>
internal sealed record UsageBooks
{
    public required IReadOnlyList<RecordedRequest> Records { get; init; }

    /// <summary>What it says that Redis has spent.</summary>
    public required IReadOnlyDictionary<string, AccountState> Counters { get; init; }

    /// <summary>Leases of gateways that died, which became spent.</summary>
    public required IReadOnlyDictionary<(string Instance, string Counter), long> Closed { get; init; }

    /// <summary>Requests and tokens of each token in the sums by day.</summary>
    public required IReadOnlyDictionary<string, (long Requests, long Tokens)> Sums { get; init; }

    public static async Task<UsageBooks> ReadAsync(string connectionString)
    {
        await using var postgres = NpgsqlDataSource.Create(connectionString);
        return new UsageBooks
        {
            Records = await ReadAsync(
                postgres, """SELECT "RequestId", "TokenId", "Model", "InputTokens", "OutputTokens", "CostMicroUsd", "Marks" FROM "usage" """,
                row => new RecordedRequest(row.GetString(0), row.GetString(1), row.GetString(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5), (UsageMarks)row.GetInt32(6))),
            Counters = (await ReadAsync(
                postgres, """SELECT "Account", "Unit", "Spent", "Leased", "Overrun" FROM counters""",
                row => (Name: AccountBooks.NameOf(((LimitUnit)row.GetInt32(1)).ToString().ToLowerInvariant(), row.GetString(0)), State: new AccountState(row.GetInt64(2), row.GetInt64(3), row.GetInt64(4)))))
                .ToDictionary(counter => counter.Name, counter => counter.State),
            Closed = (await ReadAsync(postgres, """SELECT "Id", "Amount" FROM closed_leases""", row => (Place: AccountBooks.ParseClosed(row.GetString(0)), Amount: row.GetInt64(1))))
                .GroupBy(lease => lease.Place, lease => lease.Amount).ToDictionary(group => group.Key, group => group.Sum()),
            Sums = (await ReadAsync(
                postgres, """
                    SELECT "TokenId", sum("Requests")::bigint, sum("InputTokens" + "OutputTokens")::bigint FROM usage_days JOIN usage_series ON "Id" = "SeriesId" GROUP BY 1
                    """,
                row => (Token: row.GetString(0), Sums: (row.GetInt64(1), row.GetInt64(2)))))
                .ToDictionary(sum => sum.Token, sum => sum.Sums),
        };
    }

    private static async Task<List<T>> ReadAsync<T>(NpgsqlDataSource postgres, string sql, Func<NpgsqlDataReader, T> read)
    {
        await using var command = postgres.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<T>();
        while (await reader.ReadAsync())
        {
            rows.Add(read(reader));
        }
        return rows;
    }
}
