namespace CredentialProxy.Core.Usage;

/// <summary>How the figures of a <see cref="UsageRecord"/> came about.</summary>
[Flags]
public enum UsageMarks
{
    /// <summary>The provider's own figures, priced by the price table.</summary>
    None = 0,

    /// <summary>The provider's figures never arrived: tokens were counted or estimated from what passed through.</summary>
    Estimated = 1,

    /// <summary>The outcome can't be known; the worst case that was reserved is charged.</summary>
    ChargedAtReservation = 2,

    /// <summary>The model is not in the price table; the configured fallback price was used.</summary>
    FallbackPrice = 4,

    /// <summary>The client went away before the answer ended.</summary>
    ClientAborted = 8,

    /// <summary>The upstream connection broke or timed out before the answer ended.</summary>
    UpstreamAborted = 16,

    /// <summary>The provider reported more than the request could have used; what did not fit the account is recorded but not charged.</summary>
    Overrun = 32,

    /// <summary>The request used a feature that has no price or no bound, which its token was granted: what it cost beyond the figures isn't known.</summary>
    Unpriced = 64,
}

/// <summary>One request as it is kept for good: who, what, how much. Holds no token, no key and no content.</summary>
public sealed record UsageRecord
{
    /// <summary>The request's id, unique; settling is idempotent by it.</summary>
    public required string RequestId { get; init; }

    /// <summary>When the request was settled.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Id of the token that made the request (<c>jti</c> or the proxy token's id).</summary>
    public required string TokenId { get; init; }

    /// <summary>The project, which is also the workspace of a session token's <c>sub</c>; null for none.</summary>
    public string? ProjectId { get; init; }

    /// <summary>Id of the credential that was used.</summary>
    public required string CredentialId { get; init; }

    /// <summary>The provider's name.</summary>
    public required string Provider { get; init; }

    /// <summary>The model that the request named; empty where the endpoint has none.</summary>
    public required string Model { get; init; }

    /// <summary>Name of the endpoint, for example <c>chat.completions</c>.</summary>
    public required string Endpoint { get; init; }

    /// <summary>The upstream's HTTP status; 0 where none arrived.</summary>
    public int StatusCode { get; init; }

    /// <summary>Tokens.</summary>
    public TokenUsage Usage { get; init; }

    /// <summary>Cost in micro-dollars.</summary>
    public long CostMicroUsd { get; init; }

    /// <summary>How the figures came about.</summary>
    public UsageMarks Marks { get; init; }

    /// <summary>Milliseconds from the first byte of the request to the settlement.</summary>
    public int DurationMs { get; init; }

    /// <summary>The request's trace, 32 hexadecimal digits in lower case (https://www.w3.org/TR/trace-context/#trace-id); null where it was not traced.</summary>
    public string? TraceId { get; init; }

    /// <summary>The span in it that the record comes from, 16 hexadecimal digits in lower case; null where the request was not traced. Not kept for good.</summary>
    public string? SpanId { get; init; }
}
