using System.Net;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Gateway;

/// <summary>What passes through, and how an upstream that misbehaves looks from outside.</summary>
public sealed class ForwardingTests(Product product) : IClassFixture<Product>
{
    [Fact]
    public async Task The_usage_chunk_that_the_client_did_not_ask_for_is_withheld()
    {
        using var answer = await product.ChatAsync(await product.MintAsync(), isStream: true);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.DoesNotContain("\"choices\":[]", text, StringComparison.Ordinal);
        Assert.EndsWith("data: [DONE]\n\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Our_headers_come_and_what_is_the_account_s_stays_behind()
    {
        using var answer = await product.ChatAsync(await product.MintAsync());
        Assert.StartsWith("req_", answer.Headers.GetValues("x-credential-proxy-request-id").Single(), StringComparison.Ordinal);
        Assert.True(answer.Headers.Contains("x-request-id"));
        Assert.False(answer.Headers.Contains("openai-organization"));
        Assert.False(answer.Headers.Contains("set-cookie"));
    }

    [Theory]
    [InlineData("""{"reset":true}""", HttpStatusCode.BadGateway, "upstream_unavailable")]
    [InlineData("""{"status":503}""", HttpStatusCode.ServiceUnavailable, null)]
    [InlineData("""{"status":429,"retryAfter":7}""", HttpStatusCode.TooManyRequests, null)]
    [InlineData("""{"geo403":true}""", HttpStatusCode.Forbidden, null)]
    public async Task An_upstream_that_fails_is_told_apart_from_a_refusal_of_ours(string fault, HttpStatusCode status, string? code)
    {
        using var answer = await product.ChatAsync(await product.MintAsync(), fault: fault);
        Assert.Equal(status, answer.StatusCode);
        Assert.Equal(code, answer.Headers.TryGetValues("x-credential-proxy-error", out var codes) ? codes.Single() : null);
        await product.NothingIsHeldAsync();
        Assert.DoesNotContain(product.Log, line => line.StartsWith("Error", StringComparison.Ordinal));
    }
}
