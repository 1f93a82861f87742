using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Attacks;

/// <summary>An upstream that sends elsewhere: nobody follows, no key goes along, and no client is told to.</summary>
[Trait("threat", "reach-7")]
public sealed class RedirectAttacks(AttackedProduct attacked) : IClassFixture<AttackedProduct>
{
    public static MatrixTheoryData<int, string> Elsewhere => new(
        [300, 301, 302, 303, 307, 308],
        [
            "http://{evil}/v1/chat/completions", "https://{evil}/", "//{evil}/v1/models", "/\\{evil}/v1/models", "\\\\{evil}/v1", "https://{upstream}/v1/models", "http://user@{upstream}/v1/models", "http://{upstream}@{evil}/", "{gateway}openai/v1/models",
            "http:\t//{evil}/", "javascript:alert(1)", "data:text/html,x", "ftp://{upstream}/v1/models", "/v1/../organization/keys%2f", "/v1/%2e%2e/%2e%2e/%5c{evil}", "http://127.0.0.1:1/", "http://[::1]/", "http://169.254.169.254/latest/meta-data/",
        ]);

    [Theory]
    [MemberData(nameof(Elsewhere))]
    public async Task A_redirect_that_leaves_the_provider_is_not_followed_and_not_passed_on(int status, string location)
    {
        var answer = await RedirectAsync(status, location);
        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("\r\nlocation:", answer, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(attacked.Evil.Host, answer, StringComparison.Ordinal);
        Assert.DoesNotContain(AttackedProduct.Key, answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/models", "/openai/v1/models")]
    [InlineData("models", "/openai/v1/chat/models")]
    [InlineData("../models?limit=2", "/openai/v1/models?limit=2")]
    [InlineData("http://{upstream}/v1/models/gpt-4o?after=x#there", "/openai/v1/models/gpt-4o?after=x")]
    [InlineData("/v1/models?key={key}&a=b", "/openai/v1/models?a=b")]
    [InlineData("/v1/models?access_token={key}&a=b", "/openai/v1/models?access_token={stars}&a=b")]
    public async Task A_redirect_that_stays_with_the_provider_leads_back_through_the_gateway(string location, string expected)
    {
        var answer = await RedirectAsync(307, location);
        Assert.Equal(Fill(expected), WireReader.ValueOf(answer.Split("\r\n"), "location"));
    }

    private async Task<string> RedirectAsync(int status, string location)
    {
        attacked.Upstream.Forget();
        attacked.Upstream.Answer = _ => [ScriptedUpstream.Json("{}", status, $"Location: {Fill(location)}\r\nRefresh: 0; url={Fill(location)}\r\n")];
        var answer = await RawConnection.AskAsync(attacked.Gateway, attacked.Chat());
        Assert.Single(attacked.Upstream.Requests);
        Assert.Equal(0, attacked.Evil.Connections);
        return answer;
    }

    private string Fill(string text) => text.Replace("{evil}", attacked.Evil.Host, StringComparison.Ordinal).Replace("{upstream}", attacked.Upstream.Host, StringComparison.Ordinal)
        .Replace("{gateway}", attacked.Gateway.ToString(), StringComparison.Ordinal).Replace("{key}", AttackedProduct.Key, StringComparison.Ordinal).Replace("{stars}", new string('*', AttackedProduct.Key.Length), StringComparison.Ordinal);
}
