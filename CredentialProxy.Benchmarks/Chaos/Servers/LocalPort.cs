using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace CredentialProxy.Benchmarks.Chaos.Servers;

/// <summary>A port of this machine that was free a moment ago.</summary>
internal readonly record struct LocalPort(int Number)
{
    public static LocalPort Find()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return new LocalPort(((IPEndPoint)listener.LocalEndpoint).Port);
    }

    public override string ToString() => Number.ToString(CultureInfo.InvariantCulture);
}
