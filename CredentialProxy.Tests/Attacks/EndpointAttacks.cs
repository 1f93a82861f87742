using System.Net.Http.Json;
using System.Text.Json.Nodes;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Providers.Tables;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Attacks;

/// <summary>A valid token on its way to what it was not granted: keys, the account, other tenants' objects, spending that nobody meters.</summary>
public sealed class EndpointAttacks(Product product) : IClassFixture<Product>
{
    public static TheoryData<string> ProviderNames => [KnownProviders.OpenAI, KnownProviders.Anthropic, KnownProviders.OpenRouter, KnownProviders.Gemini];

    [Theory]
    [MemberData(nameof(ProviderNames))]
    [Trait("threat", "key-3")]
    [Trait("threat", "fault-15")]
    [Trait("threat", "spend-16")]
    public async Task No_denied_endpoint_answers_a_token_that_was_granted_nothing(string provider)
    {
        await product.ForgetAsync();
        var plain = await product.MintAsync();
        var wildcard = (string)(await product.CreateTokenAsync(new { kind = "proxy", endpoints = new[] { "*", "/v1/*", "POST /v1/batches" } }))["token"]!;
        var denied = FileOf(provider).Endpoints.Where(endpoint => endpoint.Needs != Features.None).ToList();
        Assert.True(denied.Count > 50);

        foreach (var endpoint in denied)
        {
            var answer = await product.AskAsync(endpoint.Name.Length % 2 == 0 ? plain : wildcard, $"{endpoint.Method} /{provider}{ExampleOf(endpoint.Path)}", endpoint.Method == "GET" ? null : "{}");
            Assert.True((answer.Status, answer.Code) == (403, "endpoint_not_allowed"), $"{endpoint.Method} {endpoint.Path} answered {answer.Status} {answer.Code}");
            Assert.Contains($"'{FeatureNames.First(endpoint.Needs)}'", answer.Json["error"]!["message"]!.ToString(), StringComparison.Ordinal);
        }
        Assert.Empty(await product.CapturedAsync());
    }

    [Theory]
    [InlineData("POST /openai/v1/realtime/client_secrets")]
    [InlineData("POST /openai/v1/realtime/sessions")]
    [InlineData("POST /openai/v1/realtime/transcription_sessions")]
    [InlineData("POST /openai/v1/realtime/translations/client_secrets")]
    [InlineData("POST /openai/v1/chatkit/sessions")]
    [InlineData("POST /openai/v1/organization/admin_api_keys")]
    [InlineData("POST /openai/v1/organization/projects/p/service_accounts")]
    [InlineData("POST /v1alpha/auth_tokens")]
    [InlineData("POST /gemini/v1beta/auth_tokens")]
    [InlineData("POST /openrouter/api/v1/keys")]
    [InlineData("POST /openrouter/v1/auth/keys")]
    [InlineData("POST /openrouter/v1/auth/keys/code")]
    [Trait("threat", "key-3")]
    public async Task A_credential_is_minted_for_those_alone_who_were_granted_that_by_name(string call)
    {
        await product.ForgetAsync();
        var everythingElse = await product.MintWithAsync(null, [.. FeatureNames.All.Where(name => name != "credential_minting")]);
        var granted = await product.MintWithAsync(null, "credential_minting");

        Assert.Equal((403, "endpoint_not_allowed"), Of(await product.AskAsync(everythingElse, call, "{}")));
        Assert.Empty(await product.CapturedAsync());
        Assert.Null((await product.AskAsync(granted, call, "{}")).Code);
        Assert.Single(await product.CapturedAsync());
    }

    [Theory]
    [InlineData("/openai/v1/chat/completions/../../organization/users")]
    [InlineData("/openai/v1/chat/completions/..%2f..%2forganization/users")]
    [InlineData("/openai/v1/models/%2e%2e/organization/users")]
    [InlineData("/openai/v1/models/%252e%252e/organization/users")]
    [InlineData("/openai/v1/models/x/../../organization/users")]
    [InlineData("/openai/v1//organization/users")]
    [InlineData("/openai/v1/organization//users")]
    [InlineData("/openai/v1/./organization/users")]
    [InlineData("/openai/v1/organization%2Fusers")]
    [InlineData("/openai/v1/organization/users/")]
    [InlineData("/openai/v1/organization;a=b/users")]
    [InlineData("/openai/v1/models;/../organization/users")]
    [InlineData("/openai/V1/Organization/users")]
    [InlineData("/openai/v1/ORGANIZATION/users")]
    [InlineData("/openai/v1/organization\\users")]
    [InlineData("/openai/v1/models/x#/../../organization/users")]
    [InlineData("/openai/v1/models?/../organization/users#")]
    [InlineData("/openai/v1/models/%6frganization/../../organization/users")]
    [InlineData("/openai/openai/v1/organization/users")]
    [InlineData("/openai/v1/v1/organization/users")]
    [InlineData("/organization/users")]
    [InlineData("/v1beta/openai/../auth_tokens")]
    [InlineData("/openrouter/api/api/v1/keys")]
    [Trait("threat", "reach-3")]
    [Trait("threat", "reach-6")]
    public async Task No_spelling_of_a_path_leads_around_the_table(string target)
    {
        await product.ForgetAsync();
        var token = (string)(await product.CreateTokenAsync(new { kind = "proxy", endpoints = new[] { "GET /v1/models*", "POST /v1/chat/*", "*" } }))["token"]!;

        foreach (var method in new[] { "GET", "POST" })
        {
            var answer = await product.SendRawAsync(token, method, target);
            Assert.True(answer.StartsWith("HTTP/1.1 40", StringComparison.Ordinal), answer);
        }
        Assert.Empty(await product.CapturedAsync());
    }

    [Theory]
    [InlineData("POST /openai/v1/batches", "batches")]
    [InlineData("POST /openai/v1/fine_tuning/jobs", "fine_tuning")]
    [InlineData("POST /openai/v1/vector_stores", "vector_stores")]
    [InlineData("POST /openai/v1/videos", "videos")]
    [InlineData("POST /openai/v1/assistants", "agents")]
    [InlineData("POST /anthropic/v1/messages/batches", "batches")]
    [InlineData("POST /gemini/v1beta/cachedContents", "context_caching")]
    [Trait("threat", "spend-7")]
    public async Task What_is_spent_later_is_begun_by_a_limited_token_only_with_the_feature(string call, string feature)
    {
        await product.ForgetAsync();
        var limits = new[] { new { unit = "usd", limit = 1 } };
        var limited = (string)(await product.CreateTokenAsync(new { kind = "proxy", limits, endpoints = new[] { "*" } }))["token"]!;
        var other = (string)(await product.CreateTokenAsync(new { kind = "proxy", limits, features = FeatureNames.All.Where(name => name != feature) }))["token"]!;
        var granted = (string)(await product.CreateTokenAsync(new { kind = "proxy", limits, features = new[] { feature } }))["token"]!;

        Assert.Equal((403, "endpoint_not_allowed"), Of(await product.AskAsync(limited, call, "{}")));
        Assert.Equal((403, "endpoint_not_allowed"), Of(await product.AskAsync(other, call, "{}")));
        Assert.Empty(await product.CapturedAsync());
        Assert.Equal((200, (string?)null), Of(await product.AskAsync(granted, call, "{}")));
        await product.NothingIsHeldAsync();
    }

    [Theory]
    [InlineData("POST /openai/v1/images/generations")]
    [InlineData("POST /openai/v1/audio/speech")]
    [InlineData("POST /openrouter/v1/rerank")]
    [Trait("threat", "spend-16")]
    public async Task What_no_answer_tells_the_cost_of_is_out_of_reach_for_a_limited_token_whatever_it_was_granted(string call)
    {
        await product.ForgetAsync();
        var limited = (string)(await product.CreateTokenAsync(new { kind = "proxy", limits = new[] { new { unit = "tokens", limit = 1000 } }, endpoints = new[] { "*" }, features = FeatureNames.All }))["token"]!;

        Assert.Equal((403, "unmetered_endpoint"), Of(await product.AskAsync(limited, call, """{"model":"gpt-image-1","prompt":"a fox"}""")));
        Assert.Empty(await product.CapturedAsync());
    }

    [Fact]
    [Trait("threat", "spend-7")]
    public async Task A_credential_with_a_limit_in_dollars_is_not_used_for_what_can_t_be_metered()
    {
        using var added = await product.Admin.PostAsJsonAsync("/api/credentials", new { provider = "openai", label = "limited", secret = "sk-limited", limits = new[] { new { unit = "usd", limit = 1 } } });
        var credential = (string)(await added.Content.ReadFromJsonAsync<JsonNode>())!["id"]!;
        await product.ForgetAsync();
        var token = (string)(await product.CreateTokenAsync(new { kind = "proxy", features = new[] { "batches" }, credential }))["token"]!;

        var refused = await product.AskAsync(token, "POST /openai/v1/batches", "{}");

        Assert.Equal((403, "unmetered_endpoint"), Of(refused));
        Assert.Empty(await product.CapturedAsync());
        (await product.Admin.DeleteAsync($"/api/credentials/{credential}")).EnsureSuccessStatusCode();
    }

    [Theory]
    [InlineData("POST /openai/v1/images/generations", """{"model":"gpt-image-1","prompt":"a fox"}""", 200, null)]
    [InlineData("POST /openai/v1/images/generations", """{"model":"dall-e-3","prompt":"a fox"}""", 403, "model_not_allowed")]
    [InlineData("POST /openai/v1/images/generations", """{"prompt":"a fox"}""", 403, "model_not_allowed")]
    [InlineData("POST /openai/v1/images/generations", """{"model":"gpt-image-1","model":"dall-e-3"}""", 400, "invalid_request_body")]
    [InlineData("POST /openai/v1/batches", """{"endpoint":"/v1/responses"}""", 403, "model_not_allowed")]
    [InlineData("POST /openai/v1/conversations", """{"items":[]}""", 200, null)]
    [Trait("threat", "token-6")]
    public async Task A_token_that_is_bound_to_models_runs_no_other_one_through_an_endpoint_without_a_meter(string call, string body, int status, string? code)
    {
        var bound = (string)(await product.CreateTokenAsync(new { kind = "proxy", models = new[] { "gpt-image-*" }, features = new[] { "batches", "stored_objects" } }))["token"]!;

        Assert.Equal((status, code), Of(await product.AskAsync(bound, call, body)));
    }

    [Fact]
    [Trait("threat", "token-6")]
    public async Task A_list_of_endpoints_narrows_what_features_open()
    {
        var token = (string)(await product.CreateTokenAsync(new { kind = "proxy", features = new[] { "files", "stored_objects" }, endpoints = new[] { "POST /v1/conversations" } }))["token"]!;

        Assert.Equal((200, (string?)null), Of(await product.AskAsync(token, "POST /openai/v1/conversations", "{}")));
        Assert.Equal((403, "endpoint_not_allowed"), Of(await product.AskAsync(token, "POST /openai/v1/files", "{}")));
    }

    private static (int Status, string? Code) Of(Calls.Answer answer) => (answer.Status, answer.Code);

    private static string ExampleOf(string path) => System.Text.RegularExpressions.Regex.Replace(path.Replace("{rest...}", "x/y", StringComparison.Ordinal), @"\{[a-z_]+\}", "x1");

    private static EndpointFile FileOf(string provider) => provider switch
    {
        KnownProviders.OpenAI => EndpointFile.OpenAI,
        KnownProviders.Anthropic => EndpointFile.Anthropic,
        KnownProviders.OpenRouter => EndpointFile.OpenRouter,
        _ => EndpointFile.Gemini,
    };
}
