using System.ComponentModel.DataAnnotations;

namespace CredentialProxy.ServiceDefaults.Hosting;

/// <summary>How a gateway or a control plane of its own stops, at <c>Stopping</c>.</summary>
public sealed class StoppingOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Stopping";

    /// <summary>How long it goes on taking requests after <c>/ready</c> has begun to say no, so that whoever sends requests here has time to hear of it.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan ReadinessDelay { get; init; } = TimeSpan.FromSeconds(2);
}
