using System.ComponentModel.DataAnnotations;

namespace CredentialProxy.Core.Objects;

/// <summary>Settings of what is remembered of stored objects, at <c>Objects</c>.</summary>
public sealed record ObjectOwnersOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Objects";

    /// <summary>
    /// How long it is remembered who made an object, in days; less for objects that their provider itself keeps for a shorter time. An object that has been forgotten can't be used through the
    /// gateway any more. 1 to 3650, default 400.
    /// </summary>
    [Range(1, 3650)]
    public int KeptDays { get; init; } = 400;

    /// <summary>Most objects remembered for one owner, a project or a token; of more the oldest are forgotten. 100 to 10 million, default 100,000.</summary>
    [Range(100, 10_000_000)]
    public int MaxPerOwner { get; init; } = 100_000;

    /// <summary>Most objects whose owner is kept in memory (about 300 bytes each). 100 to 10 million, default 50,000.</summary>
    [Range(100, 10_000_000)]
    public int CacheSize { get; init; } = 50_000;

    /// <summary>
    /// Most changes that wait in Redis for Postgres, about 400 bytes each, where a control plane keeps them there. Beyond it no gateway notes a new one, so that Redis does not run out of memory; the
    /// alarm comes at half of it. 1,000 to 100 million, default 1 million.
    /// </summary>
    [Range(1_000, 100_000_000)]
    public int MaxWaiting { get; init; } = 1_000_000;

    /// <summary>
    /// Most changes that a gateway keeps in memory until Postgres has them, about 500 bytes each, to write them when Redis could not take them or has forgotten them. 100 to 1 million, default 20,000.
    /// </summary>
    [Range(100, 1_000_000)]
    public int MaxKeptChanges { get; init; } = 20_000;
}
