using System.ComponentModel.DataAnnotations;

namespace CredentialProxy.Admin.Projecting;

/// <summary>How the control plane keeps the directory in Redis, from which gateways know tokens, at <c>Projection</c>.</summary>
internal sealed class ProjectionOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Projection";

    /// <summary>How often it is looked for changes that were not projected at once, and for a directory that was lost.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan Interval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How often the whole directory is compared with the database, and what differs repaired.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan CompareInterval { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a change made over the API waits for being projected before it is answered; it is made all the same.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan MaxWait { get; init; } = TimeSpan.FromSeconds(2);
}
