using CredentialProxy.Core.Limits;
using Microsoft.Data.Sqlite;

namespace CredentialProxy.Tests.Faults;

/// <summary>The accounts as a killed process has left them, read out of its file.</summary>
internal sealed class KilledAccounts
{
    private readonly Dictionary<(string Account, LimitUnit Unit, LimitWindow Window), CounterState> _states = [];
    private readonly Dictionary<string, Demand> _usageByToken = [];

    /// <summary>Ids of all requests that are recorded.</summary>
    public HashSet<string> Recorded { get; } = [];

    public static async Task<KilledAccounts> ReadAsync(string dataDirectory)
    {
        var accounts = new KilledAccounts();
        var file = new SqliteConnectionStringBuilder { DataSource = Path.Combine(dataDirectory, "credential-proxy.db"), Mode = SqliteOpenMode.ReadWrite, Pooling = false };
        await using var connection = new SqliteConnection(file.ToString());
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT Account, Unit, \"Window\", sum(Spent), sum(Leased) FROM counters GROUP BY 1, 2, 3";
        await using (var reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
                accounts._states[(reader.GetString(0), (LimitUnit)reader.GetInt32(1), (LimitWindow)reader.GetInt32(2))] = new CounterState(reader.GetInt64(3), reader.GetInt64(4));
        }
        command.CommandText = "SELECT RequestId, TokenId, InputTokens + OutputTokens, CostMicroUsd FROM \"usage\"";
        await using (var reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                accounts.Recorded.Add(reader.GetString(0));
                var (tokens, cost, requests) = accounts._usageByToken.GetValueOrDefault(reader.GetString(1));
                accounts._usageByToken[reader.GetString(1)] = new Demand(tokens + reader.GetInt64(2), cost + reader.GetInt64(3), requests + 1);
            }
        }
        return accounts;
    }

    /// <summary>What is spent and leased of a limit; of a sliding window in all its buckets that are kept.</summary>
    public CounterState Of(AccountId account, Limit limit) => _states.GetValueOrDefault((account.Value, limit.Unit, limit.Window));

    /// <summary>What is recorded of a token's requests.</summary>
    public Demand UsageOf(string tokenId) => _usageByToken.GetValueOrDefault(tokenId);
}
