using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using CredentialProxy.Core.Storage;
using CredentialProxy.Gateway.Admitting;
using CredentialProxy.Gateway.Forwarding;
using CredentialProxy.Standalone;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CredentialProxy.Tests.Running;

/// <summary>
/// The product as its users run it, demo and all, on free ports and a data directory of its own; with its whole log, Trace included, at hand.
/// </summary>
public sealed class Product : IAsyncLifetime
{
    private readonly Dictionary<string, string?> _settings = [];
    private StandaloneHost _host = null!;

    /// <summary>Everything it logged.</summary>
    public ConcurrentQueue<string> Log { get; } = new();

    public string DataDirectory { get; } = Directory.CreateTempSubdirectory("credential-proxy-test").FullName;

    public Uri Gateway => _host.GatewayAddress;

    public Uri Control => _host.ControlAddress;

    public Uri Mock => _host.MockAddress!;

    public string AdminKey => _host.AdminKey!;

    internal StandaloneHost Host => _host;

    /// <summary>A client of the control plane.</summary>
    public HttpClient Admin { get; private set; } = null!;

    /// <summary>A client for anything else, which follows no redirect and decodes nothing.</summary>
    public HttpClient Client { get; } = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false });

    /// <summary>Sets a setting before the start.</summary>
    public Product With(string name, string value)
    {
        _settings[name] = value;
        return this;
    }

    public static async Task<Product> StartAsync(params (string Name, string Value)[] settings)
    {
        var product = new Product();
        foreach (var (name, value) in settings)
        {
            product.With(name, value);
        }
        await product.InitializeAsync();
        return product;
    }

    public async ValueTask InitializeAsync()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(_settings).Build();
        var options = new StandaloneOptions { DataDirectory = DataDirectory, IsDemo = true, GatewayPort = 0, ControlPort = 0, MockPort = 0 };
        _host = await StandaloneHost.StartAsync(configuration, options, Configure, CancellationToken.None);
        Admin = new HttpClient { BaseAddress = Control };
        Admin.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AdminKey);
    }

    public async ValueTask DisposeAsync()
    {
        Admin?.Dispose();
        Client.Dispose();
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }
        Directory.Delete(DataDirectory, recursive: true);
    }

    /// <summary>Stops the process and leaves its data directory.</summary>
    public ValueTask StopAsync() => _host.DisposeAsync();

    /// <summary>Makes a token over the API.</summary>
    public async Task<JsonNode> CreateTokenAsync(object request)
    {
        using var answer = await Admin.PostAsJsonAsync("/api/tokens", request);
        var body = await answer.Content.ReadFromJsonAsync<JsonNode>();
        Assert.True(answer.IsSuccessStatusCode, body?.ToJsonString());
        return body!;
    }

    /// <summary>Makes a proxy token with these limits and returns it.</summary>
    public async Task<string> MintAsync(params object[] limits) => (string)(await CreateTokenAsync(new { kind = "proxy", limits }))["token"]!;

    /// <summary>Sums of usage of a token.</summary>
    public async Task<JsonNode> UsageAsync(string query = "") => (await Admin.GetFromJsonAsync<JsonNode>("/api/usage" + query))!;

    /// <summary>What the mock saw.</summary>
    public async Task<JsonArray> CapturedAsync(bool withBodies = false) => (await Client.GetFromJsonAsync<JsonArray>(new Uri(Mock, $"/__captured?bodies={withBodies}")))!;

    /// <summary>What the mock produced, all keys and models together.</summary>
    public async Task<(long Requests, long Input, long Output)> ProducedAsync()
    {
        var usage = (await Client.GetFromJsonAsync<JsonArray>(new Uri(Mock, "/__usage")))!;
        return (usage.Sum(entry => (long)entry!["requests"]!), usage.Sum(entry => (long)entry!["input"]!), usage.Sum(entry => (long)entry!["output"]!));
    }

    /// <summary>Has the mock forget what it saw and produced.</summary>
    public async Task ForgetAsync()
    {
        foreach (var path in new[] { "/__captured", "/__usage", "/__faults" })
        {
            using var answer = await Client.DeleteAsync(new Uri(Mock, path));
        }
    }

    /// <summary>Lets chunks pass a gate of the mock.</summary>
    public async Task OpenGateAsync(string gate, int chunks = 1)
    {
        using var answer = await Client.PostAsync(new Uri(Mock, $"/__gates/{gate}?chunks={chunks}"), null);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Sends a chat completion through the gateway.</summary>
    public Task<HttpResponseMessage> ChatAsync(
        string token, string content = "Hello", bool isStream = false, int? maxTokens = 64, string? fault = null, CancellationToken cancellationToken = default) =>
        CallAsync("openai", token, content, isStream, maxTokens, fault, cancellationToken);

    /// <summary>Sends a provider's main call through the gateway; of a streamed one the answer is left to be read.</summary>
    public async Task<HttpResponseMessage> CallAsync(
        string provider, string token, string content = "Hello", bool isStream = false, int? maxTokens = 64, string? fault = null, CancellationToken cancellationToken = default)
    {
        using var request = Call(provider, token, content, isStream, maxTokens, fault);
        return await Client.SendAsync(request, isStream ? HttpCompletionOption.ResponseHeadersRead : HttpCompletionOption.ResponseContentRead, cancellationToken);
    }

    /// <summary>A chat completion to send through the gateway.</summary>
    public HttpRequestMessage Chat(string token, string content = "Hello", bool isStream = false, int? maxTokens = 64, string? fault = null) =>
        Call("openai", token, content, isStream, maxTokens, fault);

    private HttpRequestMessage Call(string provider, string token, string content, bool isStream, int? maxTokens, string? fault)
    {
        var call = ProviderCall.Of(provider);
        var request = Post(isStream ? call.StreamPath : call.Path, token, JsonContent.Create(call.Body(content, maxTokens, isStream)));
        if (fault is not null)
        {
            request.Headers.TryAddWithoutValidation("x-mock-fault", fault);
        }
        return request;
    }

    /// <summary>A request to the gateway with the token as a bearer token; without one where it is empty.</summary>
    public HttpRequestMessage Request(HttpMethod method, string path, string token, HttpContent? content = null)
    {
        var request = new HttpRequestMessage(method, new Uri(Gateway, path)) { Content = content };
        if (token.Length > 0)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }
        return request;
    }

    /// <summary>The same, a POST.</summary>
    public HttpRequestMessage Post(string path, string token, HttpContent content) => Request(HttpMethod.Post, path, token, content);

    /// <summary>Sums of usage of a token once everything is settled.</summary>
    public async Task<(long Requests, long Input, long Output)> SettledAsync(JsonNode token)
    {
        await NothingIsHeldAsync();
        var totals = (await UsageAsync($"?token={token["id"]}"))["totals"]!;
        return ((long)totals["requests"]!, (long)totals["inputTokens"]!, (long)totals["outputTokens"]!);
    }

    /// <summary>What is kept of a token's requests, once everything is settled, in the order in which they were.</summary>
    public async Task<IReadOnlyList<UsageRow>> RecordsAsync(JsonNode token)
    {
        await SettledAsync(token);
        await using var context = new StorageFactory(Path.Combine(DataDirectory, "credential-proxy.db")).CreateDbContext();
        var id = (string)token["id"]!;
        return await context.Usage.AsNoTracking().Where(row => row.TokenId == id).OrderBy(row => row.TimeMs).ToListAsync();
    }

    /// <summary>Asserts that there is no error in the log, and no exception that an operator would see.</summary>
    public void AssertNothingFailed() => Assert.DoesNotContain(
        Log,
        line => line.StartsWith("Error", StringComparison.Ordinal) || line.StartsWith("Critical", StringComparison.Ordinal)
            || (line.Contains("Exception", StringComparison.Ordinal) && IsShown(line)));

    // The forwarder's own account of a failed call is switched off where nobody asks for it, and so is everything below Information.
    private static bool IsShown(string line) =>
        line.Split(' ', 3) is [not ("Trace" or "Debug" or "scope"), var category, ..] && !category.StartsWith("Yarp", StringComparison.Ordinal);

    /// <summary>Waits until no reservation is open.</summary>
    public Task NothingIsHeldAsync() => EventuallyAsync(() => Task.FromResult(_host.Ledger.OpenReservations == 0), "no reservation is open");

    /// <summary>What the gateway has under way for all tokens.</summary>
    internal Load Load => Part<Admitter>().All;

    /// <summary>A part of the gateway, to look at what it holds.</summary>
    internal T Part<T>()
        where T : notnull => _host.GatewayParts.GetRequiredService<T>();

    /// <summary>Waits until no request is open, none of its bytes held, and nothing reserved.</summary>
    public async Task NothingIsUnderWayAsync()
    {
        var underWay = "";
        await EventuallyAsync(
            () =>
            {
                underWay = $"{Load.OpenRequests} requests, {Load.HeldBytes} bytes, {Part<OpenRequests>().Count} forwarded, {_host.Ledger.OpenReservations} reserved";
                return Task.FromResult(underWay == "0 requests, 0 bytes, 0 forwarded, 0 reserved");
            },
            () => $"nothing is under way, but: {underWay}");
    }

    /// <summary>Waits for a condition; fails after half a minute.</summary>
    public static Task EventuallyAsync(Func<Task<bool>> condition, string what) => EventuallyAsync(condition, () => what);

    /// <summary>Waits for a condition; says what is amiss when it fails.</summary>
    public static async Task EventuallyAsync(Func<Task<bool>> condition, Func<string> what)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await condition())
        {
            Assert.False(patience.IsCancellationRequested, $"It never came true: {what()}");
            await Task.Delay(10);
        }
    }

    private void Configure(ILoggingBuilder builder)
    {
        builder.SetMinimumLevel(LogLevel.Trace);
        builder.AddProvider(new QueueLoggerProvider(Log));
    }
}
