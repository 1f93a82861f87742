using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Routing;

namespace CredentialProxy.Tests.Routing;

public sealed class RouterTests
{
    private static readonly Router Router = new(ProviderCatalogBuilder.Build(new Dictionary<string, ProviderOptions>
    {
        ["acme"] = new() { BaseUrl = "https://llm.acme.example", Endpoints = ["POST /generate"] },
    }));

    [Theory]
    [InlineData("POST", "/openai/v1/chat/completions", "openai", "/v1/chat/completions", "chat.completions")]
    [InlineData("POST", "/openai/chat/completions", "openai", "/v1/chat/completions", "chat.completions")]
    [InlineData("POST", "/v1/chat/completions", "openai", "/v1/chat/completions", "chat.completions")]
    [InlineData("POST", "/chat/completions", "openai", "/v1/chat/completions", "chat.completions")]
    [InlineData("POST", "/anthropic/v1/messages", "anthropic", "/v1/messages", "messages")]
    [InlineData("POST", "/anthropic/messages", "anthropic", "/v1/messages", "messages")]
    [InlineData("POST", "/v1/messages", "anthropic", "/v1/messages", "messages")]
    [InlineData("POST", "/v1/messages/count_tokens", "anthropic", "/v1/messages/count_tokens", "messages.count_tokens")]
    [InlineData("POST", "/openrouter/v1/chat/completions", "openrouter", "/v1/chat/completions", "chat.completions")]
    [InlineData("POST", "/openrouter/api/v1/chat/completions", "openrouter", "/v1/chat/completions", "chat.completions")]
    [InlineData("POST", "/api/v1/chat/completions", "openrouter", "/v1/chat/completions", "chat.completions")]
    [InlineData("POST", "/gemini/v1beta/models/gemini-2.5-pro:generateContent", "gemini", "/v1beta/models/gemini-2.5-pro:generateContent", "generate_content")]
    [InlineData("POST", "/v1beta/models/gemini-2.5-pro:streamGenerateContent", "gemini", "/v1beta/models/gemini-2.5-pro:streamGenerateContent", "stream_generate_content")]
    [InlineData("POST", "/v1/models/gemini-2.5-pro:generateContent", "gemini", "/v1/models/gemini-2.5-pro:generateContent", "generate_content")]
    [InlineData("POST", "/v1beta/openai/chat/completions", "gemini", "/v1beta/openai/chat/completions", "chat.completions")]
    [InlineData("POST", "/upload/v1beta/files", "gemini", "/upload/v1beta/files", "files.upload")]
    [InlineData("GET", "/v1/models", "openai", "/v1/models", "models.list")]
    [InlineData("POST", "/acme/generate", "acme", "/generate", "generate")]
    [InlineData("POST", "/v1/realtime/client_secrets", "openai", "/v1/realtime/client_secrets", "realtime.client_secrets.create")]
    [InlineData("GET", "/v1/organization/admin_api_keys", "openai", "/v1/organization/admin_api_keys", "organization.read")]
    [InlineData("POST", "/v1/organization/admin_api_keys", "openai", "/v1/organization/admin_api_keys", "organization.admin_api_keys.create")]
    [InlineData("DELETE", "/v1/organization/projects/p/api_keys/k", "openai", "/v1/organization/projects/p/api_keys/k", "organization.manage")]
    [InlineData("POST", "/openrouter/keys", "openrouter", "/v1/keys", "keys.create")]
    [InlineData("POST", "/openrouter/api/alpha/decisions", "openrouter", "/alpha/decisions", "decisions")]
    [InlineData("POST", "/v1alpha/auth_tokens", "gemini", "/v1alpha/auth_tokens", "auth_tokens.create")]
    [InlineData("POST", "/anthropic/v1/messages/batches", "anthropic", "/v1/messages/batches", "messages.batches.create")]
    public void A_path_finds_its_provider_and_endpoint(string method, string path, string provider, string sent, string endpoint)
    {
        var route = Router.Find(method, path, namesAnthropicVersion: false);
        Assert.Equal((provider, sent, endpoint), (route.Provider.Name, route.Path, route.Endpoint?.Name));
    }

    [Fact]
    public void An_ambiguous_path_follows_the_anthropic_version_header() =>
        Assert.Equal("anthropic", Router.Find("GET", "/v1/models", namesAnthropicVersion: true).Provider.Name);

    [Theory]
    [InlineData("openrouter", "/v1/chat/completions", "openrouter")]
    [InlineData("openrouter", "/v1/messages", "openrouter")]
    [InlineData("anthropic", "/v1/chat/completions", "openai")]
    [InlineData("openai", "/v1/messages", "anthropic")]
    [InlineData("openrouter", "/openai/v1/chat/completions", "openai")]
    [InlineData("acme", "/generate", "acme")]
    public void A_path_without_a_name_goes_to_the_token_s_own_provider_where_that_has_it(string own, string path, string expected)
    {
        var grant = new Grant { TokenId = "tok_1", Kind = TokenKind.Session, Scope = new Scope { Providers = [own] }, DefaultProvider = own };
        var route = Router.Refine(Router.Find("POST", path, namesAnthropicVersion: false), "POST", path, grant);
        Assert.Equal(expected, route.Provider.Name);
    }

    [Theory]
    [InlineData("PUT", "/v1/chat/completions")]
    [InlineData("TRACE", "/v1/organization/users")]
    [InlineData("POST", "/v1/nonsense")]
    [InlineData("GET", "/v1/organization")]
    [InlineData("GET", "/v1/organization/")]
    [InlineData("POST", "/V1/chat/completions")]
    [InlineData("POST", "/v1/chat/completions/")]
    public void A_path_without_an_entry_does_not_exist(string method, string path) =>
        Assert.Null(Router.Find(method, path, namesAnthropicVersion: false).Endpoint);

    [Fact]
    public void The_model_in_a_path_is_found() =>
        Assert.Equal("gemini-2.5-pro", Router.Find("POST", "/v1beta/models/gemini-2.5-pro:generateContent", namesAnthropicVersion: false).Model);
}
