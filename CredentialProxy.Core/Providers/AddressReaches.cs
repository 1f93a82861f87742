using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace CredentialProxy.Core.Providers;

/// <summary>
/// Tells where network addresses lead (IANA's special-purpose registries, RFC 6890), so that a provider's name that suddenly means a metadata service or a host within (DNS rebinding, or an
/// operator's slip) is not connected to.
/// </summary>
public static class AddressReaches
{
    private static readonly IPNetwork[] NeverReached =
    [
        // Link-local, where AWS, Azure, Google, OpenStack, Oracle and others have their metadata services.
        IPNetwork.Parse("169.254.0.0/16"), IPNetwork.Parse("fe80::/10"),
        // AWS over IPv6, Alibaba, Oracle, Azure's wire server.
        IPNetwork.Parse("fd00:ec2::254/128"), IPNetwork.Parse("100.100.100.200/32"), IPNetwork.Parse("192.0.0.192/32"), IPNetwork.Parse("168.63.129.16/32"),
        // Multicast, broadcast and what is reserved.
        IPNetwork.Parse("224.0.0.0/3"), IPNetwork.Parse("ff00::/8"),
    ];

    private static readonly IPNetwork[] Within =
    [
        // The unspecified address reaches this very host.
        IPNetwork.Parse("0.0.0.0/8"), IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("172.16.0.0/12"), IPNetwork.Parse("192.168.0.0/16"),
        IPNetwork.Parse("100.64.0.0/10"), IPNetwork.Parse("192.0.0.0/24"), IPNetwork.Parse("198.18.0.0/15"),
        IPNetwork.Parse("::/127"), IPNetwork.Parse("fc00::/7"), IPNetwork.Parse("fec0::/10"),
    ];

    // Networks whose addresses hold one of IPv4: compatible (RFC 4291 §2.5.5.1), NAT64 (RFC 6052), 6to4 (RFC 3056); and where in them it stands.
    private static readonly (IPNetwork Network, int Start)[] Embedding =
        [(IPNetwork.Parse("::/96"), 12), (IPNetwork.Parse("64:ff9b::/96"), 12), (IPNetwork.Parse("2002::/16"), 2)];

    private static readonly string[] LocalSuffixes = [".localhost", ".local", ".internal", ".home.arpa"];

    /// <summary>What an address may be used for.</summary>
    public static AddressReach Of(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        if (NeverReached.Any(network => network.Contains(address)))
        {
            return AddressReach.Never;
        }
        if (Within.Any(network => network.Contains(address)))
        {
            return AddressReach.Private;
        }
        return EmbeddedIn(address) is { } embedded ? Of(embedded) : AddressReach.Public;
    }

    /// <summary>
    /// Whether a base URL says by itself that the provider is within: by a private address, or by a name that no public server has, which is one without a dot or with a suffix kept for
    /// local use (RFC 6761, RFC 6762, RFC 8375 and ICANN's <c>.internal</c>).
    /// </summary>
    public static bool IsWithin(Uri baseUrl)
    {
        ArgumentNullException.ThrowIfNull(baseUrl);
        if (IPAddress.TryParse(baseUrl.IdnHost, out var address))
        {
            return Of(address) == AddressReach.Private;
        }
        var host = baseUrl.IdnHost.TrimEnd('.');
        return !host.Contains('.', StringComparison.Ordinal) || LocalSuffixes.Any(suffix => host.EndsWith(suffix, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Of the addresses that a provider's host leads to, those that may be connected to: public ones, and private ones where the provider is meant to be within.</summary>
    public static IPAddress[] Allowed(Provider provider, IPAddress[] addresses)
    {
        ArgumentNullException.ThrowIfNull(provider);
        var allowsPrivate = provider.AllowsPrivateAddresses || IsWithin(provider.BaseUrl);
        return Array.FindAll(addresses, address => Of(address) is var reach && (reach == AddressReach.Public || (reach == AddressReach.Private && allowsPrivate)));
    }

    private static IPAddress? EmbeddedIn(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return null;
        }
        foreach (var (network, start) in Embedding)
        {
            if (network.Contains(address))
            {
                return new IPAddress(BinaryPrimitives.ReverseEndianness(BinaryPrimitives.ReadUInt32BigEndian(address.GetAddressBytes().AsSpan(start))));
            }
        }
        return null;
    }
}
