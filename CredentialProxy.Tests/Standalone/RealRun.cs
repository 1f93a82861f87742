using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using CredentialProxy.MockProvider;
using CredentialProxy.Tests.Running;
using Microsoft.AspNetCore.Builder;

namespace CredentialProxy.Tests.Standalone;

/// <summary>The process as an operator starts it, no demo: keys of two providers in its environment, a data directory that outlives it, and an upstream that stands in for all four.</summary>
public sealed class RealRun : IAsyncLifetime
{
    private readonly WebApplication _upstream = MockProviderApp.Create(new MockProviderOptions { Port = 0 });
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("credential-proxy-real-");
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false });
    private StartedProcess _process = null!;
    private Uri _gateway = null!;

    /// <summary>What the process printed since it was started last.</summary>
    public string Printed => _process.Text;

    /// <summary>The admin key, as the first start printed it.</summary>
    public string AdminKey { get; private set; } = "";

    /// <summary>A client of the control plane with that key.</summary>
    public HttpClient Admin { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        await _upstream.StartAsync();
        await StartAsync();
        // The last thing that is printed.
        await _process.PrintedAsync("shown this once");
        AdminKey = Word(await _process.PrintedAsync("admin key"));
        Admin.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AdminKey);
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        await _upstream.DisposeAsync();
        Admin?.Dispose();
        _client.Dispose();
        _data.Delete(recursive: true);
    }

    /// <summary>Stops the process as Ctrl-C does, and starts it on the same data.</summary>
    public async Task RestartAsync()
    {
        await _process.InterruptAsync();
        Assert.Equal(0, await _process.ExitAsync());
        await _process.DisposeAsync();
        Admin.Dispose();
        await StartAsync();
        Admin.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AdminKey);
    }

    /// <summary>Makes something over the API.</summary>
    public async Task<JsonNode> PostAsync(string path, object request)
    {
        using var answer = await Admin.PostAsJsonAsync(path, request);
        var body = (await answer.Content.ReadFromJsonAsync<JsonNode>())!;
        Assert.True(answer.IsSuccessStatusCode, body.ToJsonString());
        return body;
    }

    /// <summary>Makes a proxy token.</summary>
    public async Task<string> MintAsync() => (string)(await PostAsync("/api/tokens", new { kind = "proxy" }))["token"]!;

    /// <summary>Mints a session token that nothing is kept of.</summary>
    public async Task<string> MintForAsync(string provider) => (string)(await PostAsync("/api/session-tokens", new { sub = "ws_real", provider }))["token"]!;

    /// <summary>Sends a provider's main call.</summary>
    public async Task<HttpResponseMessage> SendAsync(string provider, string token, bool isStream = false)
    {
        var call = ProviderCall.Of(provider);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_gateway, isStream ? call.StreamPath : call.Path)) { Content = JsonContent.Create(call.Body("Hello", 64, isStream)) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await _client.SendAsync(request);
    }

    /// <summary>Sends a provider's main call, which succeeds, and answers what its upstream was shown as a key.</summary>
    public async Task<string> CallAsync(string provider, string token)
    {
        using var answer = await SendAsync(provider, token);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        var captured = (await _client.GetFromJsonAsync<JsonArray>(new Uri(_upstream.Urls.First() + "/__captured")))!;
        return (string)captured[^1]!["headers"]![ProviderCall.Of(provider).Slot]!;
    }

    private async Task StartAsync()
    {
        var address = _upstream.Urls.First();
        _process = StartedProcess.Standalone(
            [], ("CREDENTIAL_PROXY_DATA", _data.FullName), ("OPENAI_API_KEY", "sk-of-the-environment"), ("GOOGLE_API_KEY", " sk-of-google "),
            ("Providers__openai__BaseUrl", address), ("Providers__anthropic__BaseUrl", address), ("Providers__gemini__BaseUrl", address), ("Providers__openrouter__BaseUrl", address + "/api"));
        _gateway = new Uri(Word(await _process.PrintedAsync("  gateway ")));
        Admin = new HttpClient { BaseAddress = new Uri(Word(await _process.PrintedAsync("  control plane "), 2)) };
        await _process.PrintedAsync("  providers ");
    }

    // The word of a line after so many others.
    private static string Word(string line, int index = -1)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return index < 0 ? words[^1] : words[index];
    }
}
