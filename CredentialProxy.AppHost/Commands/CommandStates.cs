using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CredentialProxy.AppHost.Commands;

/// <summary>When a command can be used.</summary>
internal static class CommandStates
{
    /// <summary>While its resource can serve.</summary>
    public static ResourceCommandState WhenHealthy(UpdateCommandStateContext context) =>
        context.ResourceSnapshot.HealthStatus is HealthStatus.Healthy ? ResourceCommandState.Enabled : ResourceCommandState.Disabled;
}
