using CredentialProxy.Core.Providers;
using CredentialProxy.Gateway.Forwarding;

namespace CredentialProxy.Tests.Forwarding;

[Trait("threat", "reach-7")]
public sealed class RedirectsTests
{
    private static readonly Provider Provider = ProviderCatalogBuilder.Build(new Dictionary<string, ProviderOptions>
    {
        ["acme"] = new() { BaseUrl = "https://llm.acme.example/base/v2", Endpoints = ["GET /things"] },
    }).Find("acme")!;

    [Theory]
    [InlineData("/base/v2/things/x", "/acme/things/x")]
    [InlineData("https://llm.acme.example/base/v2/things?a=b", "/acme/things?a=b")]
    [InlineData("https://LLM.acme.example:443/base/v2/things", "/acme/things")]
    [InlineData("others", "/acme/others")]
    [InlineData("?page=2", "/acme/things?page=2")]
    [InlineData("?key=secret&page=2", "/acme/things?page=2")]
    public void What_stays_below_the_base_URL_becomes_a_path_of_the_gateway(string location, string expected) => Assert.Equal(expected, Rewrite(location));

    [Theory]
    [InlineData("/things")]
    [InlineData("/base/v2")]
    [InlineData("/base/v20/things")]
    [InlineData("../../../things")]
    [InlineData("/base/v2/..%2f..%2fthings")]
    [InlineData("/base/v2/%2e%2e/%2e%2e/things")]
    [InlineData("/base/v2//things")]
    [InlineData("http://llm.acme.example/base/v2/things")]
    [InlineData("https://llm.acme.example:444/base/v2/things")]
    [InlineData("https://user@llm.acme.example/base/v2/things")]
    [InlineData("https://llm.acme.example.evil.example/base/v2/things")]
    [InlineData("//evil.example/base/v2/things")]
    [InlineData("/\\evil.example/base/v2/things")]
    [InlineData("\\\\evil.example\\base\\v2\\things")]
    [InlineData("javascript:alert(1)")]
    [InlineData("/base/v2/things;a=b")]
    [InlineData("http://")]
    [InlineData("/base/v2/th\u00e4ngs")]
    public void What_leaves_it_is_left_out(string location) => Assert.Null(Rewrite(location));

    private static string? Rewrite(string location) => Redirects.Rewrite(Provider, new Uri("https://llm.acme.example/base/v2/things"), location);
}
