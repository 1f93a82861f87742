using System.Net;
using CredentialProxy.Core.Providers;

namespace CredentialProxy.Tests.Providers;

[Trait("threat", "reach-8")]
public sealed class AddressReachTests
{
    [Theory]
    [InlineData("169.254.169.254")]
    [InlineData("169.254.0.1")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("::169.254.169.254")]
    [InlineData("64:ff9b::a9fe:a9fe")]
    [InlineData("2002:a9fe:a9fe::1")]
    [InlineData("fe80::1")]
    [InlineData("fe80::1%1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("100.100.100.200")]
    [InlineData("168.63.129.16")]
    [InlineData("192.0.0.192")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("ff02::1")]
    public void Metadata_services_and_what_is_no_host_are_never_reached(string address) => Assert.Equal(AddressReach.Never, AddressReaches.Of(IPAddress.Parse(address)));

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.255.254")]
    [InlineData("0.0.0.0")]
    [InlineData("10.1.2.3")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.168.1.1")]
    [InlineData("100.64.0.1")]
    [InlineData("::1")]
    [InlineData("::")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("64:ff9b::7f00:1")]
    [InlineData("2002:0a00:0001::1")]
    [InlineData("fd12:3456::1")]
    public void Addresses_within_are_private(string address) => Assert.Equal(AddressReach.Private, AddressReaches.Of(IPAddress.Parse(address)));

    [Theory]
    [InlineData("104.18.7.192")]
    [InlineData("172.32.0.1")]
    [InlineData("11.0.0.1")]
    [InlineData("192.169.0.1")]
    [InlineData("100.128.0.1")]
    [InlineData("169.253.0.1")]
    [InlineData("2606:4700::6812:7c0")]
    [InlineData("64:ff9b::6812:7c0")]
    public void The_rest_is_public(string address) => Assert.Equal(AddressReach.Public, AddressReaches.Of(IPAddress.Parse(address)));

    [Theory]
    [InlineData("http://localhost:11434", true)]
    [InlineData("http://vllm:8000", true)]
    [InlineData("http://llm.internal", true)]
    [InlineData("http://llm.corp.local./v1", true)]
    [InlineData("http://api.localhost", true)]
    [InlineData("http://127.0.0.1:8082", true)]
    [InlineData("http://[::1]:8082", true)]
    [InlineData("http://2130706433", true)]
    [InlineData("https://api.openai.com", false)]
    [InlineData("https://localhost.evil.example", false)]
    [InlineData("https://notinternal", true)]
    [InlineData("https://not-internal.example", false)]
    [InlineData("https://8.8.8.8", false)]
    [InlineData("https://bücher.example", false)]
    public void A_base_URL_tells_whether_its_provider_is_within(string baseUrl, bool isWithin) => Assert.Equal(isWithin, AddressReaches.IsWithin(new Uri(baseUrl)));

    [Theory]
    [InlineData("http://169.254.169.254")]
    [InlineData("http://2852039166/latest")]
    [InlineData("http://0xa9.0xfe.0xa9.0xfe")]
    [InlineData("http://[::ffff:169.254.169.254]")]
    [InlineData("http://[fd00:ec2::254]/")]
    [InlineData("http://[fe80::1]:80")]
    public void A_base_URL_at_a_metadata_service_stops_the_start(string baseUrl)
    {
        var settings = new Dictionary<string, ProviderOptions> { ["openai"] = new() { BaseUrl = baseUrl, AllowPrivateAddresses = true } };
        var error = Assert.Throws<InvalidProviderSettingException>(() => ProviderCatalogBuilder.Build(settings));
        Assert.Contains("Providers:openai:BaseUrl", error.Message, StringComparison.Ordinal);
    }
}
