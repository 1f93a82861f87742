using System.Net;
using CredentialProxy.Core.Grants;

namespace CredentialProxy.Tests.Grants;

public sealed class ScopeTests
{
    [Fact]
    public void An_empty_list_sets_no_bound()
    {
        var scope = Scope.Unbounded;

        Assert.True(scope.AllowsProvider("any"));
        Assert.True(scope.AllowsModel(""));
        Assert.True(scope.AllowsEndpoint("POST", "/"));
        Assert.True(scope.AllowsAddress(null));
        Assert.True(scope.AllowsOrigin("https://any.example"));
    }

    [Fact]
    public void What_is_listed_is_allowed_and_nothing_else()
    {
        Assert.True(ModelPattern.TryParse("gpt-4o*", out var model));
        Assert.True(EndpointRule.TryParse("POST /v1/chat/completions", out var endpoint));
        var scope = new Scope { Providers = ["openai"], Models = [model], Endpoints = [endpoint] };

        Assert.True(scope.AllowsProvider("openai"));
        Assert.False(scope.AllowsProvider("OpenAI"));
        Assert.False(scope.AllowsProvider("anthropic"));
        Assert.True(scope.AllowsModel("gpt-4o-mini"));
        Assert.False(scope.AllowsModel("o3"));
        Assert.False(scope.AllowsModel(""));
        Assert.True(scope.AllowsEndpoint("POST", "/v1/chat/completions"));
        Assert.False(scope.AllowsEndpoint("POST", "/v1/responses"));
    }

    [Fact]
    public void A_request_without_a_model_fits_no_list_of_models()
    {
        Assert.True(ModelPattern.TryParse("*", out var any));

        Assert.False(new Scope { Models = [any] }.AllowsModel(""));
        Assert.True(new Scope { Models = [any] }.AllowsModel("m"));
    }

    [Theory]
    [InlineData("10.0.0.0/8", "10.255.0.1", true)]
    [InlineData("10.0.0.0/8", "11.0.0.1", false)]
    [InlineData("10.0.0.0/8", "::ffff:10.1.2.3", true)]
    [InlineData("10.0.0.0/8", "::ffff:11.1.2.3", false)]
    [InlineData("10.0.0.0/8", "::10.1.2.3", false)]
    [InlineData("192.0.2.7/32", "192.0.2.7", true)]
    [InlineData("192.0.2.7/32", "192.0.2.8", false)]
    [InlineData("2001:db8::/32", "2001:db8:1::1", true)]
    [InlineData("2001:db8::/32", "2001:db9::1", false)]
    [InlineData("2001:db8::/32", "10.0.0.1", false)]
    [InlineData("0.0.0.0/0", "203.0.113.9", true)]
    [InlineData("0.0.0.0/0", "2001:db8::1", false)]
    [InlineData("10.0.0.0/8", null, false)]
    public void An_address_must_lie_in_a_listed_network(string network, string? address, bool isAllowed)
    {
        var scope = new Scope { Cidrs = [IPNetwork.Parse("198.51.100.0/24"), IPNetwork.Parse(network)] };

        Assert.Equal(isAllowed, scope.AllowsAddress(address is null ? null : IPAddress.Parse(address)));
    }

    [Theory]
    [InlineData("https://app.example", "https://app.example", true)]
    [InlineData("https://app.example", "HTTPS://App.Example", true)]
    [InlineData("https://app.example", "http://app.example", false)]
    [InlineData("https://app.example", "https://app.example:8443", false)]
    [InlineData("https://app.example", "https://app.example.evil.example", false)]
    [InlineData("https://app.example", "null", false)]
    [InlineData("*", "null", true)]
    public void An_origin_must_be_listed_whole(string listed, string origin, bool isAllowed) =>
        Assert.Equal(isAllowed, new Scope { Origins = [listed] }.AllowsOrigin(origin));

    [Theory]
    [InlineData("https://app.example.com", true)]
    [InlineData("http://localhost:3000", true)]
    [InlineData("https://app.example.com/", false)]
    [InlineData("https://app.example.com/page", false)]
    [InlineData("app.example.com", false)]
    [InlineData("*", false)]
    [InlineData("", false)]
    public void An_origin_is_scheme_host_and_port_and_nothing_more(string text, bool isOrigin) => Assert.Equal(isOrigin, Scope.IsOrigin(text));
}
