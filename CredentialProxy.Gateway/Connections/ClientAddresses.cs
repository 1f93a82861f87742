using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace CredentialProxy.Gateway.Connections;

/// <summary>
/// Tells from which address a request comes: that of the connection; or, where that is a trusted proxy's, what the proxies say. Each of them appends to
/// <c>X-Forwarded-For</c> whom it was called by, so the entries are believed from the right for as long as they name trusted proxies; whatever stands further
/// left is the client's word.
/// </summary>
internal sealed class ClientAddresses
{
    private const string ForwardedFor = "X-Forwarded-For";

    private readonly IPNetwork[] _trusted;

    public ClientAddresses(ConnectionOptions options) =>
        _trusted = [.. options.TrustedProxies.Select(text => TryParseNetwork(text, out var network) ? network : throw new FormatException($"'{text}' is no network."))];

    /// <summary>The address of a request's client; null when a proxy that is trusted says something that is no address, or the connection has none.</summary>
    public IPAddress? Of(HttpContext context)
    {
        var address = Plain(context.Connection.RemoteIpAddress);
        return address is null || !IsTrusted(address) ? address : FromProxies(address, context.Request.Headers[ForwardedFor].ToString());
    }

    /// <summary>
    /// What stands for a request's client where clients are counted: the <see cref="NetworkOf(IPAddress)"/> of its address, or of the proxy that does not tell it; null when the connection has no
    /// address.
    /// </summary>
    public IPAddress? NetworkOf(HttpContext context) => (Of(context) ?? Plain(context.Connection.RemoteIpAddress)) is { } address ? NetworkOf(address) : null;

    /// <summary>The address itself, and of IPv6 the network: whoever has one address has all of a /64 (RFC 4291 §2.5.4).</summary>
    public static IPAddress NetworkOf(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address;
        }
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], 0);
        return new IPAddress(bytes);
    }

    /// <summary>Whether an address is a trusted proxy's.</summary>
    public bool IsTrusted(IPAddress address)
    {
        foreach (var network in _trusted)
        {
            if (network.Contains(address))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>An IPv4 address as such, whatever socket it came by.</summary>
    public static IPAddress? Plain(IPAddress? address) => address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;

    /// <summary>Reads a network, or an address as the network of that one.</summary>
    public static bool TryParseNetwork(string text, out IPNetwork network)
    {
        if (IPNetwork.TryParse(text, out network))
        {
            return true;
        }
        var isAddress = TryParseAddress(text, out var address);
        network = isAddress ? new IPNetwork(address!, address!.GetAddressBytes().Length * 8) : default;
        return isAddress;
    }

    private IPAddress? FromProxies(IPAddress proxy, string entries)
    {
        var client = proxy;
        var rest = entries.AsSpan();
        while (!rest.Trim().IsEmpty)
        {
            var comma = rest.LastIndexOf(',');
            if (!TryParseEntry(rest[(comma + 1)..].Trim(), out var address))
            {
                return null;
            }
            client = address!;
            if (!IsTrusted(client))
            {
                break;
            }
            rest = comma < 0 ? default : rest[..comma];
        }
        return client;
    }

    // Some proxies add the port: 192.0.2.1:4711, [2001:db8::1]:4711.
    private static bool TryParseEntry(ReadOnlySpan<char> entry, out IPAddress? address)
    {
        if (entry is ['[', ..] || entry.Count(':') == 1)
        {
            var isEndpoint = IPEndPoint.TryParse(entry, out var endpoint);
            address = isEndpoint ? Plain(endpoint!.Address) : null;
            return isEndpoint;
        }
        return TryParseAddress(entry, out address);
    }

    // In the usual form alone: "1" and "0x7f.1" are addresses to the parser as well.
    private static bool TryParseAddress(ReadOnlySpan<char> text, out IPAddress? address)
    {
        var isAddress = IPAddress.TryParse(text, out address) && (text.Contains(':') || text.SequenceEqual(address.ToString()));
        address = isAddress ? Plain(address) : null;
        return isAddress;
    }
}
