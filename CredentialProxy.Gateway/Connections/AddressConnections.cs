using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace CredentialProxy.Gateway.Connections;

/// <summary>Bounds the connections of one client address. Only addresses with an open connection are kept, so there are never more of them than connections.</summary>
internal sealed class AddressConnections(ConnectionOptions options, ClientAddresses addresses)
{
    private readonly ConcurrentDictionary<IPAddress, int> _open = new();

    /// <summary>Addresses that have a connection open.</summary>
    public int Count => _open.Count;

    /// <summary>Puts it before a listener's other work.</summary>
    public void Guard(ListenOptions listener) => listener.Use(next => connection => ServeAsync(connection, next));

    private async Task ServeAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (connection.RemoteEndPoint is not IPEndPoint { Address: var remote } || ClientAddresses.Plain(remote) is not { } address || addresses.IsTrusted(address))
        {
            await next(connection);
            return;
        }
        if (_open.AddOrUpdate(address, 1, static (_, count) => count + 1) > options.MaxConnectionsPerAddress)
        {
            Leave(address);
            connection.Abort();
            return;
        }
        try
        {
            await next(connection);
        }
        finally
        {
            Leave(address);
        }
    }

    private void Leave(IPAddress address)
    {
        if (_open.AddOrUpdate(address, 0, static (_, count) => count - 1) == 0)
        {
            // Only if it is still 0: another connection may have come in between.
            _open.TryRemove(new KeyValuePair<IPAddress, int>(address, 0));
        }
    }
}
