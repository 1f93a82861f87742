using System.ComponentModel.DataAnnotations;

namespace CredentialProxy.Core.Directories.Redis;

/// <summary>Settings of what a gateway of its own knows of tokens, at <c>Directory</c>.</summary>
public sealed record RedisDirectoryOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Directory";

    /// <summary>How often a gateway looks for changes that it was not told of. Every change is announced; this is for an announcement that was lost.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:00:00.900", ParseLimitsInInvariantCulture = true)]
    public TimeSpan ResyncInterval { get; init; } = TimeSpan.FromMilliseconds(400);

    /// <summary>How often files and variables that credentials refer to are read again.</summary>
    [Range(typeof(TimeSpan), "00:00:00.500", "01:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan ReferenceInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Most tokens whose grant is kept in memory (about 1.8 KB each); no fewer than <c>Gateway:TokenCacheSize</c>, or tokens are refused in an outage that were in use a moment before.</summary>
    [Range(100, 10_000_000)]
    public int GrantCacheSize { get; init; } = 100_000;

    /// <summary>Most tokens that are remembered as unknown.</summary>
    [Range(100, 1_000_000)]
    public int UnknownCacheSize { get; init; } = 10_000;

    /// <summary>How long a token that was not found stays unknown without asking again. One that is made meanwhile is known at once.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan UnknownFor { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Tokens that may wait for being looked up. They are looked up together, one call at a time; of more the rest are told to try again.</summary>
    [Range(1, 1_000_000)]
    public int MaxWaitingLookups { get; init; } = 2_000;

    /// <summary>Longest wait for a token to be looked up.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan LookupTimeout { get; init; } = TimeSpan.FromSeconds(2);
}
