using CredentialProxy.Gateway.Swapping;

namespace CredentialProxy.Tests.Swapping;

[Trait("threat", "fault-12")]
public sealed class HeaderPolicyTests
{
    [Theory]
    [InlineData("content-type")]
    [InlineData("User-Agent")]
    [InlineData("x-stainless-lang")]
    [InlineData("anthropic-beta")]
    public void What_clients_need_passes(string name) => Assert.True(HeaderPolicy.ForRequests(["anthropic-beta"]).Allows(name));

    [Theory]
    [InlineData("authorization")]
    [InlineData("X-Api-Key")]
    [InlineData("x_api_key")]
    [InlineData("x-goog-api-key")]
    [InlineData("api-key")]
    [InlineData("cookie")]
    [InlineData("proxy-authorization")]
    [InlineData("openai-organization")]
    [InlineData("x-forwarded-for")]
    [InlineData("x-forwarded-host")]
    [InlineData("forwarded")]
    [InlineData("x-original-url")]
    [InlineData("x-rewrite-url")]
    [InlineData("x-http-method-override")]
    [InlineData("host")]
    [InlineData("connection")]
    [InlineData("transfer-encoding")]
    [InlineData("upgrade")]
    [InlineData("traceparent")]
    [InlineData("x-something-new")]
    public void What_nobody_listed_stays_behind(string name) => Assert.False(HeaderPolicy.ForRequests([]).Allows(name));

    [Theory]
    [InlineData("authorization")]
    [InlineData("set-cookie")]
    [InlineData("x-api-key")]
    [InlineData("openai-organization")]
    public void No_setting_lets_a_slot_or_cookie_pass(string name)
    {
        Assert.False(HeaderPolicy.ForRequests([name, "*"]).Allows(name));
        Assert.False(HeaderPolicy.ForResponses([name, "*"]).Allows(name));
    }

    [Theory]
    [InlineData("access-control-allow-origin")]
    [InlineData("set-cookie")]
    [InlineData("openai-organization")]
    [InlineData("location")]
    [InlineData("authorization")]
    [InlineData("x-credential-proxy-request-id")]
    public void An_upstream_can_t_speak_in_our_name(string name) => Assert.False(HeaderPolicy.ForResponses([]).Allows(name));
}
