using System.Globalization;

namespace CredentialProxy.Benchmarks.Chaos.Servers;

/// <summary>A gateway from a start to the end of its process.</summary>
/// <param name="Gateway">Which gateway.</param>
/// <param name="Number">How often it had been started before.</param>
internal sealed record GatewayLife(int Gateway, int Number)
{
    /// <summary>When it was killed, as <see cref="TimeProvider.GetTimestamp"/> tells it; null while it was not.</summary>
    public long? KilledAt { get; set; }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"gateway {Gateway} life {Number}");
}
