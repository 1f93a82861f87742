using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Usage;

namespace CredentialProxy.Admin.Api.Usage;

/// <summary>One request as it is kept.</summary>
public sealed record UsageRecordDocument
{
    /// <summary>The request's id.</summary>
    public required string RequestId { get; init; }

    /// <summary>When it was settled.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Id of the token.</summary>
    public required string Token { get; init; }

    /// <summary>The project; null for none.</summary>
    public string? Project { get; init; }

    /// <summary>Id of the credential.</summary>
    public required string Credential { get; init; }

    /// <summary>The provider.</summary>
    public required string Provider { get; init; }

    /// <summary>The model; empty where the endpoint has none.</summary>
    public required string Model { get; init; }

    /// <summary>The endpoint.</summary>
    public required string Endpoint { get; init; }

    /// <summary>The provider's HTTP status; 0 where none arrived.</summary>
    public required int Status { get; init; }

    /// <summary>All input tokens.</summary>
    public required long InputTokens { get; init; }

    /// <summary>All output tokens.</summary>
    public required long OutputTokens { get; init; }

    /// <summary>Input tokens read from a cache.</summary>
    public required long CachedInputTokens { get; init; }

    /// <summary>Input tokens written to a cache.</summary>
    public required long CacheWriteTokens { get; init; }

    /// <summary>Output tokens spent on reasoning.</summary>
    public required long ReasoningTokens { get; init; }

    /// <summary>Cost in dollars.</summary>
    public required decimal Usd { get; init; }

    /// <summary>How the figures came about, such as <c>estimated</c>; empty for the provider's own.</summary>
    public required IReadOnlyList<string> Marks { get; init; }

    /// <summary>Milliseconds from the first byte of the request to its settlement.</summary>
    public required int DurationMs { get; init; }

    /// <summary>The request's trace, 32 hexadecimal digits; null where it was not traced.</summary>
    public string? TraceId { get; init; }

    /// <summary>The document of a row.</summary>
    internal static UsageRecordDocument Of(UsageRow row) => new()
    {
        RequestId = row.RequestId,
        Time = DateTimeOffset.FromUnixTimeMilliseconds(row.TimeMs),
        Token = row.TokenId,
        Project = row.ProjectId,
        Credential = row.CredentialId,
        Provider = row.Provider,
        Model = row.Model,
        Endpoint = row.Endpoint,
        Status = row.StatusCode,
        InputTokens = row.InputTokens,
        OutputTokens = row.OutputTokens,
        CachedInputTokens = row.CachedInputTokens,
        CacheWriteTokens = row.CacheWriteTokens,
        ReasoningTokens = row.ReasoningTokens,
        Usd = MicroUsd.ToUsd(row.CostMicroUsd),
        Marks = [.. Enum.GetValues<UsageMarks>().Where(mark => mark != UsageMarks.None && ((UsageMarks)row.Marks).HasFlag(mark)).Select(NameOf)],
        DurationMs = row.DurationMs,
        TraceId = row.TraceId,
    };

    private static string NameOf(UsageMarks mark) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(mark.ToString());
}

/// <summary>A page of usage records.</summary>
/// <param name="Records">The records, newest first.</param>
/// <param name="NextCursor">What to ask for the next page with; null at the end.</param>
public sealed record UsageRecordPage(IReadOnlyList<UsageRecordDocument> Records, string? NextCursor);
