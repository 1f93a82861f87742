using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using CredentialProxy.Tests.Gateway.Tokens;
using CredentialProxy.Tests.Running;
using CredentialProxy.Tests.Tokens;

namespace CredentialProxy.Tests.Admin;

/// <summary><c>GET /usage</c> with an admin JWT, as clients of an older proxy call it.</summary>
public sealed class WorkspaceUsageTests(SharedSecret shared) : IClassFixture<SharedSecret>
{
    private readonly Product _product = shared.Product;

    private static long Now => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    [Fact]
    public async Task It_sums_what_a_workspace_spent_in_the_contract_s_own_form()
    {
        await _product.ForgetAsync();
        var workspace = SharedSecret.NewWorkspace();
        await SpendAsync(workspace, "openai", 10);
        await SpendAsync(workspace, "openai", 11);
        await SpendAsync(SharedSecret.NewWorkspace(), "openai", 12);

        var usage = await ReadAsync($"?workspaceId={workspace}", SharedSecret.Admin(("role", "admin")));

        Assert.Equal(["requestId", "usage", "filters", "viewer"], usage.AsObject().Select(member => member.Key));
        Assert.NotEqual("", (string?)usage["requestId"]);
        Assert.Equal(["inputTokens", "outputTokens", "requests"], usage["usage"]!.AsObject().Select(member => member.Key));
        Assert.Equal((2, 21), ((int)usage["usage"]!["requests"]!, (int)usage["usage"]!["outputTokens"]!));
        Assert.Equal((workspace, null), ((string?)usage["filters"]!["workspaceId"], (string?)usage["filters"]!["credentialId"]));
        Assert.NotNull(usage["viewer"]);
        var (_, input, _) = await _product.ProducedAsync();
        var all = await ReadAsync("", SharedSecret.Admin(("role", "admin")));
        Assert.Equal(input * 2 / 3, (long)usage["usage"]!["inputTokens"]!);
        Assert.True((long)all["usage"]!["inputTokens"]! >= input);
    }

    [Fact]
    public async Task Both_filters_apply_together()
    {
        var workspace = SharedSecret.NewWorkspace();
        await SpendAsync(workspace, "openai", 10);
        await SpendAsync(workspace, "anthropic", 7);
        var admin = SharedSecret.Admin(("role", "admin"));
        Assert.Equal(10, (int)(await ReadAsync($"?workspaceId={workspace}&credentialId=cred_openai_env", admin))["usage"]!["outputTokens"]!);
        Assert.Equal(7, (int)(await ReadAsync($"?workspaceId={workspace}&credentialId=cred_anthropic_env", admin))["usage"]!["outputTokens"]!);
        Assert.Equal(17, (int)(await ReadAsync($"?workspaceId={workspace}", admin))["usage"]!["outputTokens"]!);
        var none = await ReadAsync($"?workspaceId={SharedSecret.NewWorkspace()}&credentialId=cred_openai_env", admin);
        Assert.Equal((0, 0, 0), ((int)none["usage"]!["requests"]!, (int)none["usage"]!["inputTokens"]!, (int)none["usage"]!["outputTokens"]!));
    }

    public static TheoryData<string, string> Readers => new()
    {
        { "role", "\"admin\"" },
        { "permissions", "[\"usage:read\"]" },
        { "permissions", "[\"other\",\"usage:read\"]" },
        { "scope", "\"usage:read\"" },
        { "scope", "\"openid usage:read profile\"" },
        { "scope", "[\"usage:read\"]" },
    };

    [Theory]
    [MemberData(nameof(Readers))]
    public async Task An_admin_or_whoever_may_read_usage_may(string claim, string value) => await ReadAsync("", SharedSecret.Admin((claim, JsonNode.Parse(value))));

    public static TheoryData<string, string> Others => new()
    {
        { "role", "\"minter\"" },
        { "role", "\"operator\"" },
        { "role", "[\"admin\"]" },
        { "role", "\"Admin\"" },
        { "permissions", "[\"usage:write\"]" },
        { "scope", "\"usage:reader\"" },
        { "scope", "\"openid\"" },
    };

    [Theory]
    [MemberData(nameof(Others))]
    public async Task Nobody_else_may(string claim, string value)
    {
        using var answer = await GetAsync("/usage", SharedSecret.Admin((claim, JsonNode.Parse(value))));
        await AssertProblemAsync(answer, HttpStatusCode.Forbidden, "admin_required");
    }

    [Fact]
    public async Task Who_may_read_usage_may_do_nothing_else()
    {
        var reader = SharedSecret.Admin(("permissions", new[] { "usage:read" }));
        foreach (var path in new[] { "/api/tokens", "/api/credentials", "/api/projects" })
        {
            using var answer = await GetAsync(path, reader);
            await AssertProblemAsync(answer, HttpStatusCode.Forbidden, "admin_required");
        }
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_product.Control, "/api/tokens")) { Content = JsonContent.Create(new { kind = "proxy" }) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", reader);
        using var made = await _product.Client.SendAsync(request);
        await AssertProblemAsync(made, HttpStatusCode.Forbidden, "admin_required");
    }

    [Fact]
    public async Task A_JWT_that_does_not_prove_itself_is_refused_and_told_apart()
    {
        (string Name, object? Value) admin = ("role", "admin");
        await AssertRefusedAsync(SharedSecret.Admin(admin, ("exp", Now - 100)), "token_expired");
        await AssertRefusedAsync(SharedSecret.Admin(admin, ("exp", null)), "invalid_token");
        await AssertRefusedAsync(SharedSecret.Admin(admin, ("aud", "relay-llm-proxy")), "invalid_token");
        await AssertRefusedAsync(SharedSecret.Admin(admin, ("aud", null)), "invalid_token");
        // A session token is none, and the session secret signs none.
        await AssertRefusedAsync(SharedSecret.Session("ws", changes: admin), "invalid_token");
        await AssertRefusedAsync(HandmadeToken.Sign($$"""{"sub":"ops","aud":"relay-credential-proxy-admin","role":"admin","exp":{{Now + 900}}}""", secret: SharedSecret.SessionSecret), "invalid_token");
        await AssertRefusedAsync("", "missing_authorization");
    }

    [Fact]
    public async Task The_audience_is_a_setting_and_without_a_secret_no_JWT_is_taken()
    {
        await using var other = await Product.StartAsync(("CREDENTIAL_PROXY_ADMIN_JWT_SECRET", SharedSecret.AdminSecret), ("CREDENTIAL_PROXY_ADMIN_AUDIENCE", "our-ops"));
        using var ours = await GetAsync("/usage", SharedSecret.Admin(("role", "admin"), ("aud", "our-ops")), other);
        Assert.Equal(HttpStatusCode.OK, ours.StatusCode);
        using var theirs = await GetAsync("/usage", SharedSecret.Admin(("role", "admin")), other);
        await AssertProblemAsync(theirs, HttpStatusCode.Unauthorized, "invalid_token");

        await using var without = await Product.StartAsync(("CREDENTIAL_PROXY_JWT_SECRET", SharedSecret.SessionSecret));
        using var unset = await GetAsync("/usage", SharedSecret.Admin(("role", "admin")), without);
        await AssertProblemAsync(unset, HttpStatusCode.InternalServerError, "configuration_error");
        using var withKey = await without.Admin.GetAsync("/usage");
        Assert.Equal(HttpStatusCode.OK, withKey.StatusCode);
    }

    [Fact]
    public async Task Health_is_told_to_anybody()
    {
        foreach (var address in new[] { _product.Control, _product.Gateway })
        {
            var health = await _product.Client.GetFromJsonAsync<JsonNode>(new Uri(address, "/health"));
            Assert.Equal("ok", (string?)health!["status"]);
        }
    }

    private async Task SpendAsync(string workspace, string provider, int tokens)
    {
        using var answer = await _product.CallAsync(provider, SharedSecret.Session(workspace, provider), $"[[tokens:{tokens}]]");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private async Task<JsonNode> ReadAsync(string query, string token)
    {
        using var answer = await GetAsync("/usage" + query, token);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync<JsonNode>())!;
    }

    private async Task AssertRefusedAsync(string token, string code)
    {
        using var answer = await GetAsync("/usage", token);
        await AssertProblemAsync(answer, HttpStatusCode.Unauthorized, code);
    }

    private static async Task AssertProblemAsync(HttpResponseMessage answer, HttpStatusCode status, string code)
    {
        Assert.Equal(status, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal(code, (string?)(await answer.Content.ReadFromJsonAsync<JsonNode>())!["code"]);
    }

    private async Task<HttpResponseMessage> GetAsync(string path, string token, Product? product = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri((product ?? _product).Control, path));
        if (token.Length > 0)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }
        return await _product.Client.SendAsync(request);
    }
}
