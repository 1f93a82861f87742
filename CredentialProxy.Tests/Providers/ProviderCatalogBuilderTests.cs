using CredentialProxy.Core.Providers;

namespace CredentialProxy.Tests.Providers;

public sealed class ProviderCatalogBuilderTests
{
    [Fact]
    public void Without_settings_the_four_known_providers_are_there() =>
        Assert.Equal(["anthropic", "gemini", "openai", "openrouter"], Build([]).Names);

    [Fact]
    public void A_custom_provider_comes_from_settings_alone()
    {
        var provider = Build(new() { ["acme"] = new() { BaseUrl = "http://127.0.0.1:9/llm/", Slot = "header:X-Acme-Key", Endpoints = ["POST /v1/chat"], Dialect = "openai-chat" } }).Find("acme");
        Assert.NotNull(provider);
        Assert.Equal("http://127.0.0.1:9/llm", provider.BaseUrl.OriginalString);
        Assert.Equal(CredentialSlot.Header("X-Acme-Key"), provider.SurfaceOf("/v1/chat").Slot);
        Assert.True(provider.Endpoints.TryMatch("POST", "/v1/chat", out var match));
        Assert.Equal((Dialect.OpenAIChat, Charging.Metered), (match.Endpoint.Dialect, match.Endpoint.Charging));
    }

    [Fact]
    public void A_known_provider_keeps_its_endpoints_at_another_address()
    {
        var provider = Build(new() { ["openai"] = new() { BaseUrl = "http://127.0.0.1:8082" } }).Find("openai")!;
        Assert.Equal("127.0.0.1", provider.BaseUrl.Host);
        Assert.True(provider.Endpoints.TryMatch("POST", "/v1/chat/completions", out _));
    }

    [Fact]
    public void A_known_provider_can_be_given_further_endpoints()
    {
        var provider = Build(new() { ["openai"] = new() { Endpoints = ["POST /v1/brand/new"] } }).Find("openai")!;
        Assert.True(provider.Endpoints.TryMatch("POST", "/v1/brand/new", out var match));
        Assert.Equal(Charging.Unmetered, match.Endpoint.Charging);
        Assert.True(provider.Endpoints.TryMatch("POST", "/v1/chat/completions", out _));
    }

    public static TheoryData<string, ProviderOptions, string> WrongSettings => new()
    {
        { "acme", new() { Endpoints = ["POST /x"] }, "Providers:acme:BaseUrl" },
        { "acme", new() { BaseUrl = "ftp://x", Endpoints = ["POST /x"] }, "Providers:acme:BaseUrl" },
        { "acme", new() { BaseUrl = "https://user:pass@x", Endpoints = ["POST /x"] }, "Providers:acme:BaseUrl" },
        { "acme", new() { BaseUrl = "https://x" }, "Providers:acme:Endpoints" },
        { "acme", new() { BaseUrl = "https://x", Endpoints = ["/x"] }, "Providers:acme:Endpoints" },
        { "acme", new() { BaseUrl = "https://x", Endpoints = ["TRACE /x"] }, "Providers:acme:Endpoints" },
        { "acme", new() { BaseUrl = "https://x", Endpoints = ["POST /x"], Slot = "cookie" }, "Providers:acme:Slot" },
        { "acme", new() { BaseUrl = "https://x", Endpoints = ["POST /x"], Dialect = "klingon" }, "Providers:acme:Dialect" },
        { "Ac me", new() { BaseUrl = "https://x", Endpoints = ["POST /x"] }, "Providers:Ac me" },
        { "openai", new() { BaseUrl = "not an address" }, "Providers:openai:BaseUrl" },
        { "openai", new() { Endpoints = ["POST /v1/batches"] }, "'batches'" },
        { "openai", new() { Endpoints = ["GET /v1/files/{id}"] }, "'files'" },
        { "openai", new() { Endpoints = ["GET /v1/organization/costs"] }, "'account_read'" },
        { "openai", new() { Endpoints = ["POST /v1/chat/completions"] }, "open to every token" },
    };

    [Theory]
    [MemberData(nameof(WrongSettings))]
    public void A_wrong_setting_is_named(string name, ProviderOptions options, string setting)
    {
        var e = Assert.Throws<InvalidProviderSettingException>(() => Build(new() { [name] = options }));
        Assert.Contains(setting, e.Message, StringComparison.Ordinal);
    }

    private static ProviderCatalog Build(Dictionary<string, ProviderOptions> settings) => ProviderCatalogBuilder.Build(settings);
}
