using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Gateway.Slots;

/// <summary>Providers that exist by configuration alone are served, swapped and metered like the known ones.</summary>
public sealed class CustomProviderTests(CustomProviders custom) : IClassFixture<CustomProviders>
{
    private readonly Product _product = custom.Product;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_header_slot_and_a_known_dialect_are_enough_to_swap_and_meter(bool isStream)
    {
        await custom.ForgetAsync();
        var token = await _product.CreateTokenAsync(new { kind = "proxy", providers = new[] { "acme" }, limits = new[] { new { unit = "tokens", limit = 10_000 } } });

        using var answer = await SendAsync("/acme/v1/chat/completions", (string)token["token"]!, Chat(isStream));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await AssertIsMeteredAsync(token);
        var seen = Assert.Single(await custom.CapturedAsync())!;
        Assert.Equal("acme-key", (string?)seen["headers"]!["x-acme-key"]);
        Assert.Null(seen["headers"]!["authorization"]);
        Assert.DoesNotContain((string)token["token"]!, seen.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_query_slot_takes_the_key_escaped_beside_the_client_s_own_query()
    {
        await custom.ForgetAsync();
        var token = await _product.CreateTokenAsync(new { kind = "proxy", providers = new[] { "query" } });

        using var answer = await SendAsync("/query/v1/chat/completions?mode=fast", (string)token["token"]!, Chat(isStream: false));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await AssertIsMeteredAsync(token);
        var seen = Assert.Single(await custom.CapturedAsync())!;
        Assert.Equal(("/api/v1/chat/completions", "?mode=fast&access=" + Uri.EscapeDataString(CustomProviders.QueryKey)), ((string?)seen["path"], (string?)seen["query"]));
        Assert.Null(seen["headers"]!["authorization"]);
    }

    [Theory]
    [InlineData("?access=mine")]
    [InlineData("?ACCESS=mine")]
    [InlineData("?acc%65ss=mine&access=mine")]
    public async Task A_client_can_t_put_a_value_of_its_own_into_the_provider_s_slot(string query)
    {
        await custom.ForgetAsync();
        using var answer = await SendAsync("/query/v1/chat/completions" + query, await _product.MintAsync(), Chat(isStream: false));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("?access=" + Uri.EscapeDataString(CustomProviders.QueryKey), (string?)Assert.Single(await custom.CapturedAsync())!["query"]);
    }

    [Fact]
    public async Task A_client_s_value_in_the_provider_s_header_slot_is_replaced_even_where_settings_let_the_header_pass()
    {
        await custom.ForgetAsync();
        using var request = _product.Post("/acme/v1/chat/completions", await _product.MintAsync(), Chat(isStream: false));
        request.Headers.Add("x-acme-key", "mine");
        request.Headers.Add("x-acme-mode", "fast");
        using var answer = await _product.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var headers = Assert.Single(await custom.CapturedAsync())!["headers"]!;
        Assert.Equal(("acme-key", "fast"), ((string?)headers["x-acme-key"], (string?)headers["x-acme-mode"]));
    }

    [Fact]
    public async Task Without_a_dialect_bodies_pass_unread_and_for_tokens_without_a_budget_alone()
    {
        await custom.ForgetAsync();
        var content = "not JSON at all, " + new string('x', 1000);

        using var answer = await SendAsync("/unread/v1/files", await _product.MintAsync(), new StringContent(content));
        using var limited = await SendAsync("/unread/v1/files", await _product.MintAsync(new { unit = "usd", limit = 1 }), new StringContent(content));
        using var unknown = await SendAsync("/unread/v1/elsewhere", await _product.MintAsync(), new StringContent(content));

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Forbidden, HttpStatusCode.Forbidden), (answer.StatusCode, limited.StatusCode, unknown.StatusCode));
        Assert.Equal("unmetered_endpoint", limited.Headers.GetValues("x-credential-proxy-error").Single());
        Assert.Equal("endpoint_not_allowed", unknown.Headers.GetValues("x-credential-proxy-error").Single());
        var seen = Assert.Single(await custom.CapturedAsync(bodies: true))!;
        Assert.Equal((content, "Bearer unread-key"), ((string?)seen["body"], (string?)seen["headers"]!["authorization"]));
    }

    private async Task AssertIsMeteredAsync(JsonNode token)
    {
        var produced = Assert.Single(await custom.ProducedAsync())!;
        Assert.Equal(((long)produced["requests"]!, (long)produced["input"]!, (long)produced["output"]!), await _product.SettledAsync(token));
        Assert.Equal(21, (long)produced["output"]!);
    }

    private Task<HttpResponseMessage> SendAsync(string path, string token, HttpContent content) => _product.Client.SendAsync(_product.Post(path, token, content));

    private static StringContent Chat(bool isStream) => new(ProviderCall.Of("openai").Body("Hi [[tokens:21]]", 64, isStream).ToJsonString(), Encoding.UTF8, "application/json");
}
