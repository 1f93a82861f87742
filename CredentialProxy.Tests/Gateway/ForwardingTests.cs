using System.Net;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Gateway;

/// <summary>What passes through, and how an upstream that misbehaves looks from outside.</summary>
public sealed class ForwardingTests(Product product) : IClassFixture<Product>
{
    [Fact]
    [Trait("threat", "fault-7")]
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
    [Trait("threat", "spend-3")]
    [InlineData("POST", "/openai/v1/chat/completions", """{"model":"gpt-4o-mini","messages":[]}""", false)]
    [InlineData("GET", "/openai/v1/models", null, true)]
    public async Task A_part_of_an_answer_is_asked_for_where_something_is_read_alone(string method, string path, string? body, bool passes)
    {
        await product.ForgetAsync();
        using var request = product.Request(new HttpMethod(method), path, await product.MintAsync(), body is null ? null : new StringContent(body, System.Text.Encoding.UTF8, "application/json"));
        foreach (var (name, value) in new[] { ("Range", "bytes=0-9"), ("If-Range", "x"), ("If-None-Match", "\"x\""), ("If-Modified-Since", "Sat, 29 Oct 1994 19:43:31 GMT") })
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
        using var answer = await product.Client.SendAsync(request);
        var sent = (await product.CapturedAsync()).Single()!["headers"]!.AsObject();
        Assert.Equal((passes, passes, passes), (sent.ContainsKey("range"), sent.ContainsKey("if-none-match"), sent.ContainsKey("if-modified-since")));
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
