using CredentialProxy.Core.Usage;
using SQLitePCL;

namespace CredentialProxy.Core.Limits.Sqlite;

/// <summary>Writes the table <c>usage</c>.</summary>
internal sealed class SqliteUsageWriter(sqlite3 database) : IDisposable
{
    private readonly sqlite3 _database = database;

    private readonly SqliteStatement _insert = new(database, """
        INSERT OR IGNORE INTO "usage" (RequestId, TimeMs, TokenId, ProjectId, CredentialId, Provider, Model, Endpoint, StatusCode, InputTokens, CachedInputTokens,
            CacheWriteTokens, OutputTokens, ReasoningTokens, CostMicroUsd, Marks, DurationMs, TraceId)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)
        """);

    /// <summary>Writes the record; false when one with its request id is there already.</summary>
    public bool Add(UsageRecord record)
    {
        var usage = record.Usage;
        _insert
            .Bind(1, record.RequestId)
            .Bind(2, record.Time.ToUnixTimeMilliseconds())
            .Bind(3, record.TokenId)
            .Bind(4, record.ProjectId)
            .Bind(5, record.CredentialId)
            .Bind(6, record.Provider)
            .Bind(7, record.Model)
            .Bind(8, record.Endpoint)
            .Bind(9, record.StatusCode)
            .Bind(10, Limit.Bound(usage.InputTokens))
            .Bind(11, Limit.Bound(usage.CachedInputTokens))
            .Bind(12, Limit.BoundSum(usage.CacheWriteTokens, usage.CacheWriteHourTokens))
            .Bind(13, Limit.Bound(usage.OutputTokens))
            .Bind(14, Limit.Bound(usage.ReasoningTokens))
            .Bind(15, Limit.Bound(record.CostMicroUsd))
            .Bind(16, (long)record.Marks)
            .Bind(17, record.DurationMs)
            .Bind(18, record.TraceId)
            .Run();
        return raw.sqlite3_changes(_database) > 0;
    }

    public void Dispose() => _insert.Dispose();
}
