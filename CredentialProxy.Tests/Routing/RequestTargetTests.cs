using CredentialProxy.Core.Routing;
using FsCheck.Xunit;

namespace CredentialProxy.Tests.Routing;

public sealed class RequestTargetTests
{
    [Theory]
    [InlineData("/v1/chat/completions", "/v1/chat/completions", "")]
    [InlineData("/v1/models?limit=2&after=x", "/v1/models", "?limit=2&after=x")]
    [InlineData("/v1beta/models/gemini-2.5-pro:generateContent", "/v1beta/models/gemini-2.5-pro:generateContent", "")]
    [InlineData("/v1beta/models/gemini-2.5-pro%3AgenerateContent", "/v1beta/models/gemini-2.5-pro:generateContent", "")]
    [InlineData("/", "/", "")]
    [InlineData("/v1/models?q=%2e%2e", "/v1/models", "?q=%2e%2e")]
    public void A_plain_target_is_taken_as_it_will_be_sent(string raw, string path, string query)
    {
        Assert.True(RequestTarget.TryParse(raw, out var target));
        Assert.Equal((path, query), (target.Path, target.Query));
    }

    [Theory]
    [InlineData("//evil.example/v1/chat/completions")]
    [InlineData("/\\evil.example")]
    [InlineData("/v1//chat")]
    [InlineData("/..//evil")]
    [InlineData("/v1/chat/completions/../../organization/keys")]
    [InlineData("/v1/./chat")]
    [InlineData("/v1/chat/..")]
    [InlineData("/%2e%2e/organization")]
    [InlineData("/%2E/organization")]
    [InlineData("/%252e%252e/organization")]
    [InlineData("/v1%2fchat")]
    [InlineData("/v1%5cchat")]
    [InlineData("/v1/chat%00")]
    [InlineData("/v1/chat%0d%0aHost:%20evil")]
    [InlineData("/v1/chat%c0%ae")]
    [InlineData("/v1/chat%")]
    [InlineData("/v1/chat%2")]
    [InlineData("/v1/chat%zz")]
    [InlineData("/v1/chat;a=b/completions")]
    [InlineData("/v1/chat%3ba=b")]
    [InlineData("/v1/chat#frag")]
    [InlineData("/v1/chat?a#b")]
    [InlineData("/v1/chat\t")]
    [InlineData("/v1/ chat")]
    [InlineData("/v1/chät")]
    [InlineData("http://evil.example/v1/chat/completions")]
    [InlineData("https://api.openai.com/v1/chat/completions")]
    [InlineData("evil.example:443")]
    [InlineData("@evil.example/")]
    [InlineData("*")]
    [InlineData("")]
    public void A_target_that_an_upstream_could_read_in_another_way_is_refused(string raw) =>
        Assert.False(RequestTarget.TryParse(raw, out _));

    [Fact]
    public void A_path_beyond_the_bound_is_refused() =>
        Assert.False(RequestTarget.TryParse("/" + new string('a', RequestTarget.MaxPathLength), out _));

    [Property(MaxTest = 2000)]
    public void Whatever_is_taken_stays_on_the_provider_s_host(string? raw)
    {
        if (!RequestTarget.TryParse("/" + raw, out var target))
        {
            return;
        }
        var address = new Uri("https://api.example.com" + target.Path + target.Query);
        Assert.Equal("api.example.com", address.Host);
        Assert.Equal(443, address.Port);
        Assert.Equal(target.Path, Uri.UnescapeDataString(address.AbsolutePath));
    }
}
