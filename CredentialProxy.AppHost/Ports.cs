namespace CredentialProxy.AppHost;

/// <summary>Where services listen.</summary>
internal static class Ports
{
    /// <summary>In an image a service has a port to itself, and the one it is known by. On a developer's machine the replicas share that one, and each listens on any that is free.</summary>
    public static int? PortInImage(this IDistributedApplicationBuilder builder, int port) => builder.ExecutionContext.IsPublishMode ? port : null;
}
