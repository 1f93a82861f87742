using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace CredentialProxy.Tests.Running;

/// <summary>A real haproxy before gateways, as a deployment has one: it asks each for <c>/ready</c>, keeps connections on both sides, and tries nothing twice, so that whatever fails is seen.</summary>
internal sealed class LoadBalancer : IDisposable
{
    private readonly Process _process;
    private readonly string _file;

    private LoadBalancer(Process process, string file, Uri address) => (_process, _file, Address) = (process, file, address);

    /// <summary>Where clients call.</summary>
    public Uri Address { get; }

    /// <summary>Starts it before these ports of this machine.</summary>
    public static LoadBalancer Start(IEnumerable<int> gateways)
    {
        var port = FreePort();
        var servers = string.Join('\n', gateways.Select(gateway => string.Create(CultureInfo.InvariantCulture, $"    server gateway-{gateway} 127.0.0.1:{gateway} check")));
        var file = Path.GetTempFileName();
        File.WriteAllText(file, $"""
            defaults
                mode http
                timeout connect 5s
                timeout client 120s
                timeout server 120s
                timeout check 10s
                retries 0
            frontend agents
                bind 127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}
                default_backend gateways
            backend gateways
                balance roundrobin
                http-reuse always
                option httpchk GET /ready
                http-check expect status 200
                default-server inter 100ms fall 1 rise 1
            {servers}

            """);
        var process = Process.Start(new ProcessStartInfo("haproxy", ["-f", file, "-db", "-q"]) { RedirectStandardError = true })!;
        // Lines that nobody reads would stop it when the pipe is full.
        process.BeginErrorReadLine();
        return new LoadBalancer(process, file, new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}")));
    }

    /// <summary>A port of this machine that was free a moment ago.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }
        _process.Dispose();
        File.Delete(_file);
    }
}
