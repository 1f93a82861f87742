using System.Net;
using CredentialProxy.ServiceDefaults.Configuration;

namespace CredentialProxy.Standalone;

/// <summary>Where the process listens, where it keeps what it keeps, and whether it is a demo.</summary>
internal sealed record StandaloneOptions
{
    /// <summary>Loopback unless <c>HOST</c> says otherwise.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary><c>PORT</c>: the gateway; 0 for any free one.</summary>
    public int GatewayPort { get; init; } = 8080;

    /// <summary><c>CONTROL_PORT</c>: API of the control plane; 0 for any free one.</summary>
    public int ControlPort { get; init; } = 8081;

    /// <summary><c>MOCK_PORT</c>: the mock provider of a demo; 0 for any free one.</summary>
    public int MockPort { get; init; } = 8082;

    /// <summary><c>CREDENTIAL_PROXY_DATA</c>: directory of the embedded stores.</summary>
    public required string DataDirectory { get; init; }

    /// <summary><c>--demo</c>: with a mock provider and ready-made tokens.</summary>
    public bool IsDemo { get; init; }

    /// <summary>Reads the settings.</summary>
    /// <exception cref="StartupException">One is wrong; the message names it and says what is allowed.</exception>
    public static StandaloneOptions Read(IConfiguration configuration, bool isDemo) => new()
    {
        Address = ListeningPlace.ReadAddress(configuration),
        GatewayPort = ListeningPlace.ReadPort(configuration, EnvironmentNames.GatewayPort, 8080),
        ControlPort = ListeningPlace.ReadPort(configuration, EnvironmentNames.ControlPort, 8081),
        MockPort = ListeningPlace.ReadPort(configuration, EnvironmentNames.MockPort, 8082),
        DataDirectory = configuration[EnvironmentNames.DataDirectory] is { Length: > 0 } directory ? directory : "data",
        IsDemo = isDemo,
    };
}
