namespace CredentialProxy.Core.Judging;

/// <summary>Our own answer to a request that is not forwarded, or whose upstream failed.</summary>
/// <param name="Code">Why.</param>
/// <param name="Message">What was wrong and what would be right, without any secret; under a kilobyte.</param>
public sealed record Refusal(RefusalCode Code, string Message)
{
    /// <summary>When trying again may help; null where it can't or where nobody knows.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether trying again with the same request can't succeed.</summary>
    public bool IsFinal { get; init; }

    /// <summary>The body field that was wrong, null for none.</summary>
    public string? Parameter { get; init; }
}
