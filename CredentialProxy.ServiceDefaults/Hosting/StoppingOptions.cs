using System.ComponentModel.DataAnnotations;

namespace CredentialProxy.ServiceDefaults.Hosting;

/// <summary>How a program stops, at <c>Stopping</c>. Whoever kills what does not stop must wait for longer than both together, and some seconds for what is then written.</summary>
public sealed class StoppingOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Stopping";

    /// <summary>
    /// How long a gateway or a control plane of its own goes on taking requests after <c>/ready</c> has begun to say no, so that whoever sends requests here has time to hear of it. Answers given in this
    /// time end their connections.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan ReadinessDelay { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long running requests may take to end once no new ones are taken. Those that are left then, or when the program is told to stop a second time, are cut: an event ends their streams
    /// (<c>gateway_stopping</c>), and they are charged for what was produced.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(25);
}
