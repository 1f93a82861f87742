using System.Net;
using CredentialProxy.Gateway.Connections;
using Microsoft.AspNetCore.Connections;

namespace CredentialProxy.Tests.Connections;

[Trait("threat", "avail-1")]
public sealed class AddressConnectionsTests : IDisposable
{
    private const int Most = 3;

    private readonly AddressConnections _connections;
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public AddressConnectionsTests()
    {
        var options = new ConnectionOptions { MaxConnectionsPerAddress = Most };
        _connections = new AddressConnections(options, new ClientAddresses(options));
    }

    [Theory]
    [InlineData("203.0.113.1", "203.0.113.1", "203.0.113.2")]
    [InlineData("203.0.113.1", "::ffff:203.0.113.1", "203.0.113.2")]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1")]
    public async Task A_client_has_so_many_whatever_addresses_of_its_network_it_calls_from(string one, string same, string other)
    {
        var open = new List<Task<bool>>();
        for (var i = 0; i < Most; i++)
        {
            open.Add(OpenAsync(one));
        }
        Assert.False(await OpenAsync(same).WaitAsync(TimeSpan.FromSeconds(30)));
        open.Add(OpenAsync(other));
        Assert.All(open, connection => Assert.False(connection.IsCompleted));
        Assert.Equal(2, _connections.Count);

        _end.SetResult();
        Assert.All(await Task.WhenAll(open), Assert.True);
        Assert.Equal(0, _connections.Count);
        Assert.True(await OpenAsync(same));
    }

    public void Dispose() => _end.TrySetResult();

    private async Task<bool> OpenAsync(string address)
    {
        var isServed = false;
        await using var connection = new DefaultConnectionContext { RemoteEndPoint = new IPEndPoint(IPAddress.Parse(address), 4711) };
        await _connections.ServeAsync(connection, _ =>
        {
            isServed = true;
            return _end.Task;
        });
        if (!isServed)
        {
            await ClosedAsync(connection);
        }
        return isServed;
    }

    // It closes on another thread, which must not find it disposed.
    private static async Task ClosedAsync(DefaultConnectionContext connection)
    {
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var _ = connection.ConnectionClosed.UnsafeRegister(static closed => ((TaskCompletionSource)closed!).SetResult(), closed);
        await closed.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }
}
