namespace CredentialProxy.AppHost.Local;

/// <summary>A server of this machine, as a resource that others connect to by its name.</summary>
/// <param name="name">Its name, which is that of the connection string.</param>
/// <param name="script">The script that prepares it and becomes it, in this directory.</param>
/// <param name="workingDirectory">Where it is started.</param>
internal abstract class LocalProgram(string name, string script, string workingDirectory) : ExecutableResource(name, "sh", workingDirectory), IResourceWithConnectionString
{
    /// <summary>Name of its endpoint.</summary>
    public const string EndpointName = "tcp";

    /// <summary>The script.</summary>
    public string Script => script;

    /// <summary>The connection string, once it is known where it listens; for health checks, which can't wait.</summary>
    public string ConnectionString { get; set; } = "";

    /// <inheritdoc/>
    public abstract ReferenceExpression ConnectionStringExpression { get; }

    /// <summary>Where it listens.</summary>
    protected EndpointReference Endpoint => new(this, EndpointName);
}
