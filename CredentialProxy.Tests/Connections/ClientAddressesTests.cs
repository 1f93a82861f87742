using System.Net;
using CredentialProxy.Gateway.Connections;
using Microsoft.AspNetCore.Http;

namespace CredentialProxy.Tests.Connections;

[Trait("threat", "token-4")]
public sealed class ClientAddressesTests
{
    private const string Proxy = "10.0.0.1";

    [Theory]
    [InlineData("203.0.113.9", "", "203.0.113.9")]
    [InlineData("203.0.113.9", "198.51.100.7", "203.0.113.9")]
    [InlineData("::ffff:203.0.113.9", "198.51.100.7", "203.0.113.9")]
    [InlineData("203.0.113.9", "nonsense", "203.0.113.9")]
    public void A_connection_that_is_no_trusted_proxy_s_is_its_client_s_whatever_it_says(string connection, string header, string client) =>
        Assert.Equal(client, Of(connection, header));

    [Theory]
    [InlineData("198.51.100.7", "198.51.100.7")]
    [InlineData("198.51.100.7:4711", "198.51.100.7")]
    [InlineData("2001:db8::7", "2001:db8::7")]
    [InlineData("[2001:db8::7]:4711", "2001:db8::7")]
    [InlineData("[2001:db8::7]", "2001:db8::7")]
    [InlineData("::ffff:198.51.100.7", "198.51.100.7")]
    [InlineData("192.0.2.66, 198.51.100.7", "198.51.100.7")]
    [InlineData("192.0.2.66,198.51.100.7,10.9.9.9", "198.51.100.7")]
    [InlineData("192.0.2.66 , 198.51.100.7 , 10.9.9.9, fd00::5", "198.51.100.7")]
    [InlineData("nonsense, 198.51.100.7", "198.51.100.7")]
    [InlineData("10.9.9.9", "10.9.9.9")]
    [InlineData("10.8.8.8, 10.9.9.9", "10.8.8.8")]
    [InlineData("", Proxy)]
    [InlineData("  ", Proxy)]
    public void Behind_trusted_proxies_the_right_most_entry_counts_that_is_none_of_theirs(string header, string client)
    {
        Assert.Equal(client, Of(Proxy, header));
        Assert.Equal(client, Of("::ffff:" + Proxy, header));
    }

    [Fact]
    public void Entries_in_several_headers_are_one_list() => Assert.Equal("198.51.100.7", Of(Proxy, "192.0.2.66", "198.51.100.7, 10.9.9.9"));

    [Theory]
    [InlineData("nonsense")]
    [InlineData("unknown")]
    [InlineData("_hidden")]
    [InlineData("198.51.100.7,")]
    [InlineData("198.51.100.7, nonsense")]
    [InlineData("198.51.100.7, , 10.9.9.9")]
    [InlineData("1")]
    [InlineData("0x7f000001")]
    [InlineData("127.1")]
    [InlineData("0198.51.100.7")]
    [InlineData("198.51.100.7:x")]
    [InlineData("[2001:db8::7")]
    [InlineData("198.51.100.0/24")]
    public void What_a_trusted_proxy_says_that_is_no_address_makes_the_client_unknown(string header) => Assert.Null(Of(Proxy, header));

    [Theory]
    [InlineData("10.0.0.1", "10.0.0.1", true)]
    [InlineData("10.0.0.1", "10.0.0.2", false)]
    [InlineData("10.0.0.0/8", "10.200.0.1", true)]
    [InlineData("2001:db8::/32", "2001:db8:1::1", true)]
    [InlineData("2001:db8::1", "2001:db8::2", false)]
    public void A_proxy_is_named_by_its_address_or_network(string setting, string address, bool isTrusted)
    {
        var options = new ConnectionOptions();
        options.TrustedProxies.Add(setting);
        Assert.Equal(isTrusted, new ClientAddresses(options).IsTrusted(IPAddress.Parse(address)));
    }

    private static string? Of(string connection, params string[] headers)
    {
        var options = new ConnectionOptions();
        options.TrustedProxies.Add("10.0.0.0/8");
        options.TrustedProxies.Add("fd00::5");
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = IPAddress.Parse(connection);
        context.Request.Headers["X-Forwarded-For"] = headers;
        return new ClientAddresses(options).Of(context)?.ToString();
    }
}
