using System.Globalization;
using System.Net;
using Microsoft.Extensions.Configuration;

namespace CredentialProxy.ServiceDefaults.Configuration;

/// <summary>Where a program listens.</summary>
public static class ListeningPlace
{
    /// <summary>Reads <c>HOST</c>; loopback unless it says otherwise.</summary>
    /// <exception cref="StartupException">It is no address.</exception>
    public static IPAddress ReadAddress(IConfiguration configuration) => ReadAddress(configuration, EnvironmentNames.Host);

    /// <summary>Reads an address; loopback unless it says otherwise.</summary>
    /// <exception cref="StartupException">It is no address.</exception>
    public static IPAddress ReadAddress(IConfiguration configuration, string name) => configuration[name] switch
    {
        null or "" or "localhost" => IPAddress.Loopback,
        "*" or "+" => IPAddress.Any,
        var host => IPAddress.TryParse(host, out var address)
            ? address
            : throw new StartupException($"The setting {name} is not valid: it must be an IP address to listen on, such as 127.0.0.1 or 0.0.0.0."),
    };

    /// <summary>Reads a port.</summary>
    /// <exception cref="StartupException">It is none.</exception>
    public static int ReadPort(IConfiguration configuration, string name, int otherwise)
    {
        if (configuration[name] is not { Length: > 0 } text)
        {
            return otherwise;
        }
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= IPEndPoint.MaxPort
            ? port
            : throw new StartupException($"The setting {name} is not valid: it must be a port from 0 (any free one) to 65535.");
    }
}
