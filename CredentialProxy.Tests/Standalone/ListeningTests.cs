using System.Net;
using System.Net.Sockets;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Standalone;

public sealed class ListeningTests
{
    [Fact]
    public async Task No_setting_of_the_framework_opens_a_second_door()
    {
        var port = FreePort();
        await using var product = await Product.StartAsync(("Kestrel:Endpoints:second:Url", $"http://127.0.0.1:{port}"), ("urls", $"http://127.0.0.1:{port}"));
        using var client = new TcpClient();
        var error = await Assert.ThrowsAsync<SocketException>(() => client.ConnectAsync(IPAddress.Loopback, port));
        Assert.Equal(SocketError.ConnectionRefused, error.SocketErrorCode);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
