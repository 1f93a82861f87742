using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace CredentialProxy.Gateway.Connections;

/// <summary>Bounds the connections of one client address, or /64 network of IPv6. Only those with an open connection are kept, so there are never more of them than connections.</summary>
internal sealed class AddressConnections(ConnectionOptions options, ClientAddresses addresses)
{
    private readonly ConcurrentDictionary<IPAddress, int> _open = new();

    /// <summary>Addresses that have a connection open.</summary>
    public int Count => _open.Count;

    /// <summary>Puts it before a listener's other work.</summary>
    public void Guard(ListenOptions listener) => listener.Use(next => connection => ServeAsync(connection, next));

    internal async Task ServeAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (connection.RemoteEndPoint is not IPEndPoint { Address: var remote } || ClientAddresses.Plain(remote) is not { } address || addresses.IsTrusted(address))
        {
            await next(connection);
            return;
        }
        var client = ClientAddresses.NetworkOf(address);
        if (_open.AddOrUpdate(client, 1, static (_, count) => count + 1) > options.MaxConnectionsPerAddress)
        {
            Leave(client);
            connection.Abort();
            return;
        }
        try
        {
            await next(connection);
        }
        finally
        {
            Leave(client);
        }
    }

    private void Leave(IPAddress client)
    {
        if (_open.AddOrUpdate(client, 0, static (_, count) => count - 1) == 0)
        {
            // Only if it is still 0: another connection may have come in between.
            _open.TryRemove(new KeyValuePair<IPAddress, int>(client, 0));
        }
    }
}
