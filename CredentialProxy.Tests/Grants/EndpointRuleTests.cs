using CredentialProxy.Core.Grants;

namespace CredentialProxy.Tests.Grants;

[Trait("threat", "token-6")]
public sealed class EndpointRuleTests
{
    [Theory]
    [InlineData("POST /v1/chat/completions", "POST", "/v1/chat/completions", true)]
    [InlineData("POST /v1/chat/completions", "GET", "/v1/chat/completions", false)]
    [InlineData("POST /v1/chat/completions", "POST", "/v1/chat/completions/", false)]
    [InlineData("POST /v1/chat/completions", "POST", "/V1/chat/completions", false)]
    [InlineData("/v1/models*", "GET", "/v1/models", true)]
    [InlineData("/v1/models*", "DELETE", "/v1/models/gpt-4o", true)]
    [InlineData("/v1/models", "GET", "/v1/models/gpt-4o", false)]
    [InlineData("GET *", "GET", "/anything", true)]
    [InlineData("GET *", "POST", "/anything", false)]
    [InlineData("*:countTokens", "POST", "/v1beta/models/gemini:countTokens", true)]
    public void A_rule_fits_its_method_and_path(string text, string method, string path, bool matches)
    {
        Assert.True(EndpointRule.TryParse(text, out var rule));
        Assert.Equal(matches, rule.Matches(method, path));
        Assert.Equal(text, rule.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" /v1")]
    [InlineData("post /v1")]
    [InlineData("POST")]
    [InlineData("POST ")]
    [InlineData("POST  /v1")]
    [InlineData("POST v1")]
    [InlineData("POST /v1 /v2")]
    [InlineData("P0ST /v1")]
    [InlineData("/v1?x=1")]
    [InlineData("/v1\\x")]
    [InlineData("/v1\t")]
    [InlineData("/é")]
    public void What_is_no_method_and_path_is_no_rule(string? text) => Assert.False(EndpointRule.TryParse(text, out _));

    [Fact]
    public void A_rule_has_at_most_512_characters()
    {
        Assert.True(EndpointRule.TryParse("/" + new string('a', 511), out _));
        Assert.False(EndpointRule.TryParse("/" + new string('a', 512), out _));
    }
}
