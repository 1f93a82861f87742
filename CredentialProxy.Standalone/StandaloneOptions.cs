using System.Globalization;
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
        Address = ReadAddress(configuration[EnvironmentNames.Host]),
        GatewayPort = ReadPort(configuration, EnvironmentNames.GatewayPort, 8080),
        ControlPort = ReadPort(configuration, EnvironmentNames.ControlPort, 8081),
        MockPort = ReadPort(configuration, EnvironmentNames.MockPort, 8082),
        DataDirectory = configuration[EnvironmentNames.DataDirectory] is { Length: > 0 } directory ? directory : "data",
        IsDemo = isDemo,
    };

    private static int ReadPort(IConfiguration configuration, string name, int otherwise)
    {
        if (configuration[name] is not { Length: > 0 } text)
        {
            return otherwise;
        }
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= IPEndPoint.MaxPort
            ? port
            : throw new StartupException($"The setting {name} is not valid: it must be a port from 0 (any free one) to 65535.");
    }

    private static IPAddress ReadAddress(string? host) => host switch
    {
        null or "" or "localhost" => IPAddress.Loopback,
        "*" or "+" => IPAddress.Any,
        _ => IPAddress.TryParse(host, out var address)
            ? address
            : throw new StartupException($"The setting {EnvironmentNames.Host} is not valid: it must be an IP address to listen on, such as 127.0.0.1 or 0.0.0.0."),
    };
}
