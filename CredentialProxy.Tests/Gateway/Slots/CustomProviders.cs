using System.Net.Http.Json;
using System.Text.Json.Nodes;
using CredentialProxy.MockProvider;
using CredentialProxy.Tests.Running;
using Microsoft.AspNetCore.Builder;

namespace CredentialProxy.Tests.Gateway.Slots;

/// <summary>The product with three providers that exist by configuration alone, and an upstream that stands in for them.</summary>
public sealed class CustomProviders : IAsyncLifetime
{
    public const string QueryKey = "a+key/with=signs&more";

    private readonly WebApplication _upstream = MockProviderApp.Create(new MockProviderOptions { Port = 0, FurtherSlots = ["X-Acme-Key", "access"] });

    public Product Product { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        await _upstream.StartAsync();
        var address = _upstream.Urls.First();
        Product = await Product.StartAsync(
            ("Providers:acme:BaseUrl", address), ("Providers:acme:ApiKey", "acme-key"), ("Providers:acme:Slot", "header:X-Acme-Key"), ("Providers:acme:RequestHeaders:0", "x-acme-*"),
            ("Providers:acme:Endpoints:0", "POST /v1/chat/completions"), ("Providers:acme:Dialect", "openai-chat"),
            ("Providers:query:BaseUrl", address + "/api"), ("Providers:query:ApiKey", QueryKey), ("Providers:query:Slot", "query:access"),
            ("Providers:query:Endpoints:0", "POST /v1/chat/completions"), ("Providers:query:Dialect", "openai-chat"),
            ("Providers:unread:BaseUrl", address), ("Providers:unread:ApiKey", "unread-key"), ("Providers:unread:Endpoints:0", "POST /v1/files"));
    }

    public async ValueTask DisposeAsync()
    {
        await Product.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    public async Task<JsonArray> CapturedAsync(bool bodies = false) => (await Product.Client.GetFromJsonAsync<JsonArray>(Address($"/__captured?bodies={bodies}")))!;

    public async Task<JsonArray> ProducedAsync() => (await Product.Client.GetFromJsonAsync<JsonArray>(Address("/__usage")))!;

    public async Task ForgetAsync()
    {
        foreach (var path in new[] { "/__captured", "/__usage" })
        {
            using var answer = await Product.Client.DeleteAsync(Address(path));
        }
    }

    private Uri Address(string path) => new(_upstream.Urls.First() + path);
}
