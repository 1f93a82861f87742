namespace CredentialProxy.Core.Storage;

/// <summary>A <see cref="Usage.UsageRecord"/> as it is kept.</summary>
public sealed class UsageRow
{
    /// <summary>The request's id.</summary>
    public required string RequestId { get; set; }

    /// <summary>When it was settled, Unix milliseconds.</summary>
    public long TimeMs { get; set; }

    /// <summary>Id of the token.</summary>
    public required string TokenId { get; set; }

    /// <summary>The project, null for none.</summary>
    public string? ProjectId { get; set; }

    /// <summary>Id of the credential.</summary>
    public required string CredentialId { get; set; }

    /// <summary>The provider's name.</summary>
    public required string Provider { get; set; }

    /// <summary>The model; empty where the endpoint has none.</summary>
    public required string Model { get; set; }

    /// <summary>Name of the endpoint.</summary>
    public required string Endpoint { get; set; }

    /// <summary>The upstream's HTTP status; 0 where none arrived.</summary>
    public int StatusCode { get; set; }

    /// <summary>All input tokens.</summary>
    public long InputTokens { get; set; }

    /// <summary>Input tokens read from a cache.</summary>
    public long CachedInputTokens { get; set; }

    /// <summary>Input tokens written to a cache, both lifetimes.</summary>
    public long CacheWriteTokens { get; set; }

    /// <summary>All output tokens.</summary>
    public long OutputTokens { get; set; }

    /// <summary>Output tokens spent on reasoning.</summary>
    public long ReasoningTokens { get; set; }

    /// <summary>Cost in micro-dollars.</summary>
    public long CostMicroUsd { get; set; }

    /// <summary>The <see cref="Usage.UsageMarks"/>.</summary>
    public int Marks { get; set; }

    /// <summary>Milliseconds from the first byte of the request to the settlement.</summary>
    public int DurationMs { get; set; }

    /// <summary>The request's trace, 32 hexadecimal digits; null where it was not traced.</summary>
    public string? TraceId { get; set; }
}
