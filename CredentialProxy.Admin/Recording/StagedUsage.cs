using System.Security.Cryptography;
using System.Text;
using CredentialProxy.Admin.Storage;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Usage;
using Npgsql;
using NpgsqlTypes;

namespace CredentialProxy.Admin.Recording;

/// <summary>A usage record as Postgres takes it, whatever it holds: one that can't be written would keep all after it from being written.</summary>
internal readonly record struct StagedUsage
{
    /// <summary>Its columns, in the order of <see cref="WriteAsync"/>.</summary>
    public const string Columns = """
        "SeriesHash", "TokenSeriesHash", "ProjectSeriesHash", "ModelSeriesHash", "RequestId", "TimeMs", "TokenId", "ProjectId", "CredentialId", "Provider", "Model", "Endpoint", "StatusCode", "InputTokens", "CachedInputTokens", "CacheWriteTokens",
        "OutputTokens", "ReasoningTokens", "CostMicroUsd", "Marks", "DurationMs", "TraceId"
        """;

    private readonly UsageRecord _record;

    private StagedUsage(UsageRecord record) => _record = record;

    /// <summary>When it was settled, Unix milliseconds.</summary>
    public long TimeMs => _record.Time.ToUnixTimeMilliseconds();

    /// <summary>The month of its partition.</summary>
    public Month Month => Month.Of(_record.Time);

    /// <summary>Takes a record, its text cleaned of what Postgres does not take, and set to a time that is none before 1970.</summary>
    public static StagedUsage Of(UsageRecord record) => new(record with
    {
        RequestId = PostgresText.Clean(record.RequestId),
        Time = record.Time < DateTimeOffset.UnixEpoch ? DateTimeOffset.UnixEpoch : record.Time,
        TokenId = PostgresText.Clean(record.TokenId),
        ProjectId = record.ProjectId is { } project ? PostgresText.Clean(project) : null,
        CredentialId = PostgresText.Clean(record.CredentialId),
        Provider = PostgresText.Clean(record.Provider),
        Model = PostgresText.Clean(record.Model),
        Endpoint = PostgresText.Clean(record.Endpoint),
        TraceId = record.TraceId is { } trace ? PostgresText.Clean(trace) : null,
    });

    /// <summary>Writes its columns.</summary>
    public async Task WriteAsync(NpgsqlBinaryImporter copy, CancellationToken cancellationToken)
    {
        await copy.StartRowAsync(cancellationToken);
        var model = $"{_record.CredentialId}\0{_record.Provider}\0{_record.Model}";
        var project = _record.ProjectId is { } id ? "=" + id : "";
        await copy.WriteAsync(HashOf($"{_record.TokenId}\0{project}\0{model}"), NpgsqlDbType.Uuid, cancellationToken);
        await copy.WriteAsync(HashOf($"{_record.TokenId}\0{project}"), NpgsqlDbType.Uuid, cancellationToken);
        await copy.WriteAsync(HashOf($"{project}\0{model}"), NpgsqlDbType.Uuid, cancellationToken);
        await copy.WriteAsync(HashOf(model), NpgsqlDbType.Uuid, cancellationToken);
        await copy.WriteAsync(_record.RequestId, NpgsqlDbType.Text, cancellationToken);
        await copy.WriteAsync(TimeMs, NpgsqlDbType.Bigint, cancellationToken);
        await copy.WriteAsync(_record.TokenId, NpgsqlDbType.Text, cancellationToken);
        await copy.WriteAsync(_record.ProjectId, NpgsqlDbType.Text, cancellationToken);
        await copy.WriteAsync(_record.CredentialId, NpgsqlDbType.Text, cancellationToken);
        await copy.WriteAsync(_record.Provider, NpgsqlDbType.Text, cancellationToken);
        await copy.WriteAsync(_record.Model, NpgsqlDbType.Text, cancellationToken);
        await copy.WriteAsync(_record.Endpoint, NpgsqlDbType.Text, cancellationToken);
        await copy.WriteAsync(_record.StatusCode, NpgsqlDbType.Integer, cancellationToken);
        await copy.WriteAsync(Limit.Bound(_record.Usage.InputTokens), NpgsqlDbType.Bigint, cancellationToken);
        await copy.WriteAsync(Limit.Bound(_record.Usage.CachedInputTokens), NpgsqlDbType.Bigint, cancellationToken);
        await copy.WriteAsync(Limit.BoundSum(_record.Usage.CacheWriteTokens, _record.Usage.CacheWriteHourTokens), NpgsqlDbType.Bigint, cancellationToken);
        await copy.WriteAsync(Limit.Bound(_record.Usage.OutputTokens), NpgsqlDbType.Bigint, cancellationToken);
        await copy.WriteAsync(Limit.Bound(_record.Usage.ReasoningTokens), NpgsqlDbType.Bigint, cancellationToken);
        await copy.WriteAsync(Limit.Bound(_record.CostMicroUsd), NpgsqlDbType.Bigint, cancellationToken);
        await copy.WriteAsync((int)_record.Marks, NpgsqlDbType.Integer, cancellationToken);
        await copy.WriteAsync(_record.DurationMs, NpgsqlDbType.Integer, cancellationToken);
        await copy.WriteAsync(_record.TraceId, NpgsqlDbType.Text, cancellationToken);
    }

    // No value holds a NUL any more, so none can be taken for two.
    private static Guid HashOf(string series) => new(SHA256.HashData(Encoding.UTF8.GetBytes(series)).AsSpan(0, 16));
}
