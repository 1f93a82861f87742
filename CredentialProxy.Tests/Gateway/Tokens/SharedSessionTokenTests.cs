using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Gateway.Tokens;

/// <summary>Session tokens that another system mints with the shared secret are taken as they are; their budget is the workspace's.</summary>
public sealed class SharedSessionTokenTests(SharedSecret shared) : IClassFixture<SharedSecret>
{
    private readonly Product _product = shared.Product;

    public static TheoryData<string> Providers => [.. ProviderCall.Providers];

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_token_minted_elsewhere_works_with_the_provider_that_it_names(string provider)
    {
        await _product.ForgetAsync();
        using var answer = await _product.CallAsync(provider, SharedSecret.Session(SharedSecret.NewWorkspace(), provider, 100_000));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var call = ProviderCall.Of(provider);
        Assert.Equal(call.KeyOf(provider), (string?)Assert.Single(await _product.CapturedAsync())!["headers"]![call.Slot]);
    }

    [Fact]
    public async Task Its_provider_claim_decides_where_the_path_names_none_and_refuses_another_s_path()
    {
        await _product.ForgetAsync();
        var token = SharedSecret.Session(SharedSecret.NewWorkspace(), "openrouter");
        using var request = _product.Post("/v1/chat/completions", token, JsonContent.Create(ProviderCall.Of("openrouter").Body("Hi", 16, false)));
        using var answer = await _product.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("/api/v1/chat/completions", (string?)Assert.Single(await _product.CapturedAsync())!["path"]);

        using var mismatch = await _product.CallAsync("anthropic", token);
        await Refused.AssertAsync(mismatch, "anthropic", HttpStatusCode.BadRequest, "route_provider_mismatch");
    }

    [Fact]
    public async Task An_audience_among_others_is_enough()
    {
        using var answer = await _product.ChatAsync(SharedSecret.Session(SharedSecret.NewWorkspace(), changes: ("aud", new[] { "somebody-else", "relay-llm-proxy" })));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task A_credential_that_is_not_there_is_said_to_be_unavailable()
    {
        using var answer = await _product.ChatAsync(SharedSecret.Session(SharedSecret.NewWorkspace(), changes: ("credentialId", "cred_elsewhere")));
        await Refused.AssertAsync(answer, "openai", HttpStatusCode.BadGateway, "credential_unavailable");
    }

    [Fact]
    public async Task A_budget_of_nothing_denies_everything()
    {
        using var answer = await _product.ChatAsync(SharedSecret.Session(SharedSecret.NewWorkspace(), budget: 0));
        await Refused.AssertAsync(answer, "openai", HttpStatusCode.TooManyRequests, "budget_exceeded");
    }

    [Fact]
    public async Task A_budget_is_the_workspace_s_and_all_its_tokens_spend_from_it()
    {
        var workspace = SharedSecret.NewWorkspace();
        var spent = 0L;
        for (var i = 0; i < 3; i++)
        {
            // Each of these tokens is another one: its own jti, its own signature.
            spent += await SpendAsync(SharedSecret.Session(workspace, budget: 700, changes: ("jti", $"{workspace}_{i}")), 100);
        }
        // Of 700 tokens more than 300 are gone: what asks for up to 400 no longer fits, whichever token it comes with.
        Assert.InRange(spent, 301, 400);
        await AssertIsRefusedAsync(SharedSecret.Session(workspace, budget: 700, changes: ("jti", workspace + "_new")), 400);
        await SpendAsync(SharedSecret.Session(SharedSecret.NewWorkspace(), budget: 700), 400);
    }

    [Fact]
    public async Task What_a_token_without_a_budget_spent_counts_against_the_budget_of_the_next()
    {
        var workspace = SharedSecret.NewWorkspace();
        await SpendAsync(SharedSecret.Session(workspace), 500);
        await AssertIsRefusedAsync(SharedSecret.Session(workspace, budget: 600), 100);
    }

    [Fact]
    public async Task Without_a_budget_nothing_is_said_to_be_left_and_what_can_t_be_metered_is_allowed()
    {
        var token = SharedSecret.Session(SharedSecret.NewWorkspace());
        using var answer = await _product.ChatAsync(token);
        Assert.DoesNotContain(answer.Headers, header => header.Key.StartsWith("x-credential-proxy-remaining", StringComparison.OrdinalIgnoreCase));
        using var request = _product.Post("/openai/v1/images/generations", token, JsonContent.Create(new { prompt = "a fox" }));
        using var unmetered = await _product.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, unmetered.StatusCode);
    }

    [Fact]
    public async Task A_limit_set_here_holds_whatever_the_claims_say()
    {
        var workspace = SharedSecret.NewWorkspace();
        using var made = await _product.Admin.PostAsJsonAsync("/api/projects", new { id = workspace, name = workspace, limits = new[] { new { unit = "tokens", limit = 300 } } });
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        await AssertIsRefusedAsync(SharedSecret.Session(workspace, budget: 1_000_000), 400);
        await AssertIsRefusedAsync(SharedSecret.Session(workspace), 400);
        await SpendAsync(SharedSecret.Session(workspace), 100);
    }

    [Fact]
    public async Task It_can_be_revoked_by_its_jti()
    {
        var jti = SharedSecret.NewWorkspace();
        var token = SharedSecret.Session("ws", changes: ("jti", jti));
        await SpendAsync(token, 16);
        using var revoked = await _product.Admin.PostAsync($"/api/tokens/{jti}/revoke", null);
        Assert.Equal(HttpStatusCode.OK, revoked.StatusCode);
        using var answer = await _product.ChatAsync(token);
        await Refused.AssertAsync(answer, "openai", HttpStatusCode.Unauthorized, "token_revoked");
    }

    [Fact]
    public async Task What_is_minted_over_the_api_is_of_the_same_make_and_verifies()
    {
        var workspace = SharedSecret.NewWorkspace();
        using var minted = await _product.Admin.PostAsJsonAsync("/api/session-tokens", new { sub = workspace, provider = "openai", credentialId = "cred_openai_env", budget = 700, ttlSeconds = 60 });
        var token = (string)(await minted.Content.ReadFromJsonAsync<JsonNode>())!["token"]!;
        await SpendAsync(token, 100);
        using var verified = await _product.Admin.PostAsJsonAsync("/api/session-tokens/verify", new { token });
        var claims = (await verified.Content.ReadFromJsonAsync<JsonNode>())!["claims"]!;
        Assert.Equal((workspace, "openai", "cred_openai_env", 700), ((string?)claims["sub"], (string?)claims["provider"], (string?)claims["credentialId"], (int)claims["budget"]!));
    }

    private async Task<long> SpendAsync(string token, int tokens)
    {
        using var answer = await _product.ChatAsync(token, $"[[tokens:{tokens}]]", maxTokens: tokens);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return (long)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["usage"]!["total_tokens"]!;
    }

    private async Task AssertIsRefusedAsync(string token, int tokens)
    {
        using var answer = await _product.ChatAsync(token, $"[[tokens:{tokens}]]", maxTokens: tokens);
        await Refused.AssertAsync(answer, "openai", HttpStatusCode.TooManyRequests, "budget_exceeded");
    }
}
