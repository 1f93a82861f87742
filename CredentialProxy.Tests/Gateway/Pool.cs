using System.Net.Http.Json;
using System.Text.Json.Nodes;
using CredentialProxy.MockProvider;
using CredentialProxy.Tests.Running;
using Microsoft.AspNetCore.Builder;

namespace CredentialProxy.Tests.Gateway;

/// <summary>The product with providers that have no credential yet, so that each test can add those it needs to one of its own.</summary>
public sealed class Pool : IAsyncLifetime
{
    private const int Count = 12;

    private readonly WebApplication _upstream = MockProviderApp.Create(new MockProviderOptions { Port = 0 });
    private int _taken;

    public Product Product { get; } = new();

    public async ValueTask InitializeAsync()
    {
        await _upstream.StartAsync();
        for (var i = 1; i <= Count; i++)
        {
            Product.With($"Providers:pool{i}:BaseUrl", _upstream.Urls.First()).With($"Providers:pool{i}:Endpoints:0", "POST /v1/chat/completions").With($"Providers:pool{i}:Dialect", "openai-chat");
        }
        await Product.InitializeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Product.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    /// <summary>A provider that no other test uses.</summary>
    public string Next() => $"pool{Interlocked.Increment(ref _taken)}";

    /// <summary>Adds a credential over the API and answers its id.</summary>
    public async Task<string> AddAsync(string provider, string secret, params object[] limits)
    {
        using var made = await Product.Admin.PostAsJsonAsync("/api/credentials", new { provider, label = secret, secret, limits });
        var credential = (await made.Content.ReadFromJsonAsync<JsonNode>())!;
        Assert.True(made.IsSuccessStatusCode, credential.ToJsonString());
        return (string)credential["id"]!;
    }

    /// <summary>Sends a chat completion to a provider.</summary>
    public async Task<HttpResponseMessage> ChatAsync(string provider, string token, int tokens = 10)
    {
        var body = new { model = "gpt-4o-mini", max_tokens = tokens, messages = new[] { new { role = "user", content = $"{provider} [[tokens:{tokens}]]" } } };
        using var request = Product.Post($"/{provider}/v1/chat/completions", token, JsonContent.Create(body));
        return await Product.Client.SendAsync(request);
    }

    /// <summary>The keys that its provider was shown, in order.</summary>
    public async Task<List<string>> KeysAsync(string provider)
    {
        var captured = (await Product.Client.GetFromJsonAsync<JsonArray>(new Uri(_upstream.Urls.First() + "/__captured?bodies=true")))!;
        return [.. captured.Where(seen => ((string)seen!["body"]!).Contains($"\"{provider} ", StringComparison.Ordinal)).Select(seen => ((string)seen!["headers"]!["authorization"]!)["Bearer ".Length..])];
    }

    /// <summary>What is spent of a credential's only limit.</summary>
    public async Task<decimal> SpentAsync(string id) => (decimal)(await Product.Admin.GetFromJsonAsync<JsonNode>($"/api/credentials/{id}"))!["limits"]![0]!["spent"]!;
}
