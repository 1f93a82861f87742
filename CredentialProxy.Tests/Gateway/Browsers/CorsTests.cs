using System.Net;
using System.Net.Http.Json;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Gateway.Browsers;

/// <summary>Pages in browsers: preflights without a token, origins reflected where the token allows them, and every header readable that a client needs.</summary>
public sealed class CorsTests(Product product) : IClassFixture<Product>
{
    private const string Page = "https://app.example";

    private static readonly string[] Needed =
    [
        "x-goog-upload-url", "x-goog-upload-status", "x-goog-upload-chunk-granularity", "retry-after", "x-request-id", "request-id", "x-ratelimit-remaining-requests",
        "x-ratelimit-remaining-tokens", "x-ratelimit-reset-requests", "x-credential-proxy-request-id", "x-credential-proxy-error", "x-credential-proxy-remaining-requests",
    ];

    public static TheoryData<string> Providers => [.. ProviderCall.Providers];

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_preflight_is_answered_before_any_token_is_asked_for(string provider)
    {
        await product.ForgetAsync();
        using var preflight = Preflight(ProviderCall.Of(provider).Path, Page, "authorization, x-api-key, x-stainless-lang, x-anything-else");

        using var answer = await product.Client.SendAsync(preflight);

        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Equal(Page, Header(answer, "Access-Control-Allow-Origin"));
        Assert.Equal("authorization, x-api-key, x-stainless-lang, x-anything-else", Header(answer, "Access-Control-Allow-Headers"));
        Assert.Equal("GET, POST, PUT, PATCH, DELETE, OPTIONS", Header(answer, "Access-Control-Allow-Methods"));
        Assert.Equal("86400", Header(answer, "Access-Control-Max-Age"));
        Assert.Contains("Origin", answer.Headers.Vary);
        Assert.Contains("Access-Control-Request-Headers", answer.Headers.Vary);
        // Credentials in the sense of the Fetch standard are cookies, which nobody needs here.
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Credentials"));
        Assert.Empty(await product.CapturedAsync());
    }

    [Fact]
    public async Task A_preflight_to_this_machine_from_a_public_page_says_whether_it_may()
    {
        using var preflight = Preflight("/v1/models", Page, "authorization");
        preflight.Headers.Add("Access-Control-Request-Private-Network", "true");
        using var answer = await product.Client.SendAsync(preflight);
        Assert.Equal("true", Header(answer, "Access-Control-Allow-Private-Network"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_answer_may_be_read_by_the_page_that_asked_and_so_may_the_headers_that_matter(bool isStream)
    {
        using var answer = await SendAsync(await product.MintAsync(new { unit = "requests", limit = 100 }), Page, isStream);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        AssertIsReadable(answer);
        var exposed = Header(answer, "Access-Control-Expose-Headers")!.Split(", ");
        Assert.Empty(Needed.Except(exposed));
        // Whatever this very answer carries of these, the page can read.
        Assert.All(answer.Headers.Where(header => header.Key.StartsWith("x-", StringComparison.OrdinalIgnoreCase)), header => Assert.Contains(header.Key, exposed, StringComparer.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("openai", "x-ratelimit-remaining-project-tokens")]
    [InlineData("openai", "x-ratelimit-limit-images")]
    [InlineData("openrouter", "X-RateLimit-Reset")]
    [InlineData("anthropic", "anthropic-ratelimit-input-tokens-remaining")]
    [InlineData("gemini", "x-goog-upload-protocol")]
    [InlineData("gemini", "retry-after-ms")]
    public async Task Whatever_a_provider_says_of_its_limits_and_uploads_can_be_read(string provider, string name)
    {
        using var request = product.Post(ProviderCall.Of(provider).Path, await product.MintAsync(), JsonContent.Create(ProviderCall.Of(provider).Body("Hi", 16, false)));
        request.Headers.Add("Origin", Page);
        request.Headers.Add("x-mock-fault", $$$"""{"headers":{"{{{name}}}":"7","x-internal":"8"}}""");
        using var answer = await product.Client.SendAsync(request);
        Assert.Equal("7", Header(answer, name));
        var exposed = Header(answer, "Access-Control-Expose-Headers")!.Split(", ");
        Assert.Single(exposed, candidate => candidate.Equals(name, StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain("x-internal", exposed);
    }

    [Fact]
    public async Task What_is_cached_of_an_answer_to_no_page_is_not_given_to_a_page()
    {
        using var answered = await SendAsync(await product.MintAsync(), origin: null);
        using var refused = await SendAsync("ptk_nobody_has_ever_made_this", origin: null);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Unauthorized), (answered.StatusCode, refused.StatusCode));
        Assert.All([answered, refused], answer => Assert.Contains("Origin", answer.Headers.Vary));
    }

    [Fact]
    public async Task A_refusal_can_be_read_by_the_page_too()
    {
        using var unknown = await SendAsync("ptk_nobody_has_ever_made_this", Page);
        await Refused.AssertAsync(unknown, "openai", HttpStatusCode.Unauthorized, "invalid_token");
        AssertIsReadable(unknown);
        using var spent = await SendAsync(await product.MintAsync(new { unit = "tokens", limit = 0 }), Page);
        await Refused.AssertAsync(spent, "openai", HttpStatusCode.TooManyRequests, "budget_exceeded");
        AssertIsReadable(spent);
        // An SDK in a page obeys it only if it can see it.
        Assert.Contains("x-should-retry", Header(spent, "Access-Control-Expose-Headers")!.Split(", "));
    }

    [Theory]
    [InlineData("https://app.example", true)]
    [InlineData("HTTPS://APP.EXAMPLE", true)]
    [InlineData("https://other.example:8443", true)]
    [InlineData("https://evil.example", false)]
    [InlineData("https://app.example.evil.example", false)]
    [InlineData("http://app.example", false)]
    [InlineData("https://app.example:444", false)]
    [InlineData("https://other.example", false)]
    [InlineData("null", false)]
    public async Task A_token_s_own_list_of_origins_decides_who_may_use_it(string origin, bool isAllowed)
    {
        await product.ForgetAsync();
        var token = (string)(await product.CreateTokenAsync(new { kind = "proxy", origins = new[] { Page, "https://other.example:8443" } }))["token"]!;
        using var answer = await SendAsync(token, origin);
        if (isAllowed)
        {
            Assert.Equal((HttpStatusCode.OK, origin), (answer.StatusCode, Header(answer, "Access-Control-Allow-Origin")));
            return;
        }
        await Refused.AssertAsync(answer, "openai", HttpStatusCode.Forbidden, "origin_not_allowed");
        Assert.Null(Header(answer, "Access-Control-Allow-Origin"));
        Assert.Contains("Origin", answer.Headers.Vary);
        Assert.Empty(await product.CapturedAsync());
    }

    [Fact]
    public async Task A_list_of_origins_does_not_keep_out_clients_that_are_no_page()
    {
        var token = (string)(await product.CreateTokenAsync(new { kind = "proxy", origins = new[] { Page } }))["token"]!;
        using var answer = await SendAsync(token, origin: null);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Null(Header(answer, "Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task Two_origins_at_once_are_no_origin_that_any_list_allows()
    {
        await product.ForgetAsync();
        var token = (string)(await product.CreateTokenAsync(new { kind = "proxy", origins = new[] { Page } }))["token"]!;
        var answer = await RawClient.SendAsync(
            product.Gateway, RawClient.Post(product.Gateway, "/openai/v1/chat/completions", $"Authorization: Bearer {token}\r\nOrigin: {Page}\r\nOrigin: https://evil.example\r\n", Body.ToJsonString()));
        Assert.StartsWith("HTTP/1.1 403 ", answer, StringComparison.Ordinal);
        Assert.Contains("x-credential-proxy-error: origin_not_allowed", answer, StringComparison.Ordinal);
        Assert.Empty(await product.CapturedAsync());
    }

    [Fact]
    public async Task An_installation_s_list_of_origins_stands_above_every_token_s()
    {
        await using var other = await Product.StartAsync(("Gateway:Origins:0", Page));
        var token = await other.MintAsync();
        using var preflight = Preflight(new Uri(other.Gateway, "/v1/models").ToString(), "https://evil.example", "authorization");
        using var unanswered = await other.Client.SendAsync(preflight);
        Assert.Equal((HttpStatusCode.NoContent, null), (unanswered.StatusCode, Header(unanswered, "Access-Control-Allow-Origin")));
        foreach (var (origin, status) in new[] { (Page, HttpStatusCode.OK), ("https://evil.example", HttpStatusCode.Forbidden) })
        {
            using var request = other.Request(HttpMethod.Get, "/v1/models", token);
            request.Headers.Add("Origin", origin);
            using var answer = await other.Client.SendAsync(request);
            Assert.Equal(status, answer.StatusCode);
        }
    }

    private static System.Text.Json.Nodes.JsonObject Body => ProviderCall.Of("openai").Body("Hi", 16, false);

    private static string? Header(HttpResponseMessage answer, string name) => answer.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : null;

    private static void AssertIsReadable(HttpResponseMessage answer)
    {
        Assert.Equal(Page, Header(answer, "Access-Control-Allow-Origin"));
        Assert.Contains("Origin", answer.Headers.Vary);
        Assert.Contains("x-credential-proxy-request-id", Header(answer, "Access-Control-Expose-Headers"), StringComparison.Ordinal);
    }

    private HttpRequestMessage Preflight(string path, string origin, string headers)
    {
        var preflight = new HttpRequestMessage(HttpMethod.Options, new Uri(product.Gateway, path));
        preflight.Headers.TryAddWithoutValidation("Origin", origin);
        preflight.Headers.TryAddWithoutValidation("Access-Control-Request-Method", "POST");
        preflight.Headers.TryAddWithoutValidation("Access-Control-Request-Headers", headers);
        return preflight;
    }

    private async Task<HttpResponseMessage> SendAsync(string token, string? origin, bool isStream = false)
    {
        using var request = product.Post("/openai/v1/chat/completions", token, JsonContent.Create(ProviderCall.Of("openai").Body("Hi", 16, isStream)));
        if (origin is not null)
        {
            request.Headers.TryAddWithoutValidation("Origin", origin);
        }
        return await product.Client.SendAsync(request);
    }
}
