using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Attacks;

/// <summary>A token bound to networks, used from elsewhere under a false address.</summary>
[Trait("threat", "token-4")]
public sealed class AddressAttacks
{
    private static readonly object Bound = new { kind = "proxy", cidrs = new[] { "198.51.100.0/24", "2001:db8::/32" } };

    [Theory]
    [InlineData("X-Forwarded-For", "198.51.100.7")]
    [InlineData("Forwarded", "for=198.51.100.7")]
    [InlineData("X-Real-IP", "198.51.100.7")]
    [InlineData("True-Client-IP", "198.51.100.7")]
    [InlineData("CF-Connecting-IP", "198.51.100.7")]
    [InlineData("X-Client-IP", "198.51.100.7")]
    public async Task No_header_says_where_a_client_is(string header, string value)
    {
        await using var product = await Product.StartAsync();
        var token = (string)(await product.CreateTokenAsync(Bound))["token"]!;
        Assert.Equal("address_not_allowed", await CodeAsync(product, token, (header, value)));
    }

    [Fact]
    public async Task Behind_a_trusted_proxy_the_client_can_not_put_itself_elsewhere()
    {
        await using var product = await Product.StartAsync(("Connections:TrustedProxies:0", "127.0.0.0/8"), ("Connections:TrustedProxies:1", "10.0.0.0/8"));
        var token = (string)(await product.CreateTokenAsync(Bound))["token"]!;
        Assert.Null(await CodeAsync(product, token, ("X-Forwarded-For", "198.51.100.7")));
        Assert.Null(await CodeAsync(product, token, ("X-Forwarded-For", "203.0.113.9, 2001:db8::1, 10.0.0.3")));
        foreach (var spoofed in new[] { "203.0.113.9", "198.51.100.7, 203.0.113.9", "198.51.100.7, 203.0.113.9, 10.0.0.3", "198.51.100.7, nonsense", "", "10.0.0.3" })
        {
            Assert.Equal("address_not_allowed", await CodeAsync(product, token, ("X-Forwarded-For", spoofed)));
        }
        Assert.Equal("address_not_allowed", await CodeAsync(product, token, ("Forwarded", "for=198.51.100.7")));
        Assert.Equal("address_not_allowed", await CodeAsync(product, token, ("X-Forwarded-For", "198.51.100.7"), ("X-Forwarded-For", "203.0.113.9")));
    }

    private static async Task<string?> CodeAsync(Product product, string token, params (string Name, string Value)[] headers)
    {
        using var request = product.Chat(token);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
        using var answer = await product.Client.SendAsync(request);
        return answer.Headers.TryGetValues("x-credential-proxy-error", out var codes) ? codes.Single() : null;
    }
}
