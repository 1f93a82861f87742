using System.ComponentModel.DataAnnotations;

namespace CredentialProxy.Admin.Recording.Streams;

/// <summary>How usage, and whose stored objects are, gets out of Redis and into Postgres, at <c>Recorder</c>.</summary>
internal sealed class RecorderOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Recorder";

    /// <summary>Most entries that are written at once.</summary>
    [Range(1, 50_000)]
    public int MaxBatch { get; init; } = 4_000;

    /// <summary>How long the stream is left alone after it was found empty.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:10", ParseLimitsInInvariantCulture = true)]
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Entries that a control plane has taken and not written for this long are taken by another. Written twice they count once.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan ClaimAfter { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// With more entries than this in the stream an alarm is raised: an error in the log, a health check that fails, a meter. An entry takes about a kilobyte of Redis' memory, and none is ever
    /// dropped, so set it far below what Redis has.
    /// </summary>
    [Range(1, 1_000_000_000)]
    public long AlarmAbove { get; init; } = 200_000;

    /// <summary>
    /// With more than this part of Redis' <c>maxmemory</c> in use the same alarm is raised. A Redis whose memory is used up takes no writes, and requests are refused.
    /// </summary>
    [Range(0.1, 1.0)]
    public double AlarmAboveMemory { get; init; } = 0.75;

    /// <summary>First pause after Postgres or Redis has failed; doubles up to <see cref="MaxRetryDelay"/>.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:10", ParseLimitsInInvariantCulture = true)]
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest pause after Postgres or Redis has failed.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:05:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromSeconds(5);
}
