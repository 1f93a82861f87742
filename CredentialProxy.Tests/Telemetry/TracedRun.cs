using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using CredentialProxy.MockProvider;
using CredentialProxy.Tests.Leaks;
using CredentialProxy.Tests.Running;
using Microsoft.AspNetCore.Builder;

namespace CredentialProxy.Tests.Telemetry;

/// <summary>The product as programs of its own, which send what they trace, measure and log to a collector, and show what they measure to a scraper.</summary>
public abstract class TracedRun : IAsyncLifetime
{
    private readonly WebApplication _upstream = MockProviderApp.Create(new MockProviderOptions { Port = 0 });
    private readonly List<StartedProcess> _processes = [];

    /// <summary>The collector.</summary>
    internal OtlpReceiver Collector { get; private set; } = null!;

    /// <summary>What may be seen nowhere: the provider's key, tokens, the admin key, what a client says and hears, what it writes into headers that are not taken.</summary>
    internal Canaries Secrets { get; } = new();

    internal HttpClient Client { get; } = new(new SocketsHttpHandler { UseProxy = false });

    internal HttpClient Admin { get; } = new(new SocketsHttpHandler { UseProxy = false });

    internal Uri Gateway { get; set; } = null!;

    internal string Token { get; private set; } = "";

    internal string Prompt { get; private set; } = "";

    /// <summary>Where figures are scraped.</summary>
    internal List<Uri> Scraped { get; } = [];

    protected const string AdminKey = "traced-admin-key-7c1d";

    protected string Upstream => _upstream.Urls.First();

    public virtual async ValueTask InitializeAsync()
    {
        await _upstream.StartAsync();
        Collector = await OtlpReceiver.StartAsync();
        Secrets.Add("admin key", AdminKey);
        Prompt = Secrets.Add("prompt", Canaries.New("say"));
        Secrets.Add("what the mock says", "The quick brown fox");
        Secrets.Add("tracestate", "tracestate-canary");
        Secrets.Add("baggage", "baggage-canary");
        await StartAsync();
        Admin.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AdminKey);
        await Product.EventuallyAsync(async () => await StatusAsync(new Uri(Gateway, "/health")) == 200 && await StatusAsync(new Uri(Admin.BaseAddress!, "/health")) == 200, "both serve");
        await PostAsync("/api/projects", new { id = "traced", name = "Traced", limits = new[] { new { unit = "usd", limit = 100, window = "day" } } });
        Token = await MintAsync();
    }

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var process in _processes)
        {
            await process.DisposeAsync();
        }
        await Collector.DisposeAsync();
        await _upstream.DisposeAsync();
        Client.Dispose();
        Admin.Dispose();
    }

    /// <summary>Starts the programs.</summary>
    protected abstract Task StartAsync();

    /// <summary>Mints a proxy token of the project.</summary>
    internal async Task<string> MintAsync(params object[] limits) =>
        Secrets.Add("token", (string)(await PostAsync("/api/tokens", new { kind = "proxy", project = "traced", limits }))["token"]!);

    /// <summary>Sends a provider's main call as part of a client's trace, and answers when it is whole.</summary>
    internal async Task<ClientTrace> SendAsync(bool isStream = false, string? token = null, string? fault = null, string provider = "openai")
    {
        var trace = new ClientTrace(RandomNumberGenerator.GetHexString(32, lowercase: true), RandomNumberGenerator.GetHexString(16, lowercase: true));
        var call = ProviderCall.Of(provider);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Gateway, isStream ? call.StreamPath : call.Path)) { Content = JsonContent.Create(call.Body(Prompt, 64, isStream)) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token ?? Token);
        // The client does not sample it; whether the gateway does is the gateway's business.
        request.Headers.Add("traceparent", $"00-{trace.TraceId}-{trace.SpanId}-00");
        request.Headers.Add("tracestate", "vendor=tracestate-canary");
        request.Headers.Add("baggage", "who=baggage-canary");
        if (fault is not null)
        {
            request.Headers.Add("x-mock-fault", fault);
        }
        using var answer = await Client.SendAsync(request);
        return trace with { Status = (int)answer.StatusCode, Body = await answer.Content.ReadAsStringAsync() };
    }

    /// <summary>The spans of a trace once there is one of this name.</summary>
    internal async Task<IReadOnlyList<ExportedSpan>> SpansAsync(string traceId, string until)
    {
        IReadOnlyList<ExportedSpan> spans = [];
        await Product.EventuallyAsync(
            () =>
            {
                spans = [.. Collector.Spans.Where(span => span.TraceId == traceId)];
                return Task.FromResult(spans.Any(span => span.Name == until));
            },
            $"there is a span '{until}'");
        return spans;
    }

    /// <summary>The usage record of a trace.</summary>
    internal async Task<JsonNode> RecordAsync(string traceId)
    {
        JsonNode? found = null;
        await Product.EventuallyAsync(
            async () =>
            {
                var page = (await Admin.GetFromJsonAsync<JsonNode>("/api/usage/records?project=traced&limit=200"))!;
                return (found = page["records"]!.AsArray().SingleOrDefault(record => (string?)record!["traceId"] == traceId)) is not null;
            },
            "the request has its record");
        return found!;
    }

    /// <summary>What the mock was sent last.</summary>
    internal async Task<JsonObject> LastCapturedAsync() => (await Client.GetFromJsonAsync<JsonArray>(Upstream + "/__captured"))![^1]!["headers"]!.AsObject();

    /// <summary>All that is scraped at present.</summary>
    internal async Task<string> ScrapeAsync() => string.Join('\n', await Task.WhenAll(Scraped.Select(address => Client.GetStringAsync(address))));

    internal async Task<int> StatusAsync(Uri address)
    {
        using var answer = await Client.GetAsync(address);
        return (int)answer.StatusCode;
    }

    /// <summary>What each program is told of telemetry, and of the provider.</summary>
    protected (string, string)[] Settings(params (string, string)[] more) =>
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", Collector.Address), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_BSP_SCHEDULE_DELAY", "100"), ("OTEL_BLRP_SCHEDULE_DELAY", "100"), ("OTEL_METRIC_EXPORT_INTERVAL", "500"), ("METRICS_PORT", "0"), ("CREDENTIAL_PROXY_ADMIN_KEY", AdminKey),
        ("OPENAI_API_KEY", Secrets.Add("key", Canaries.New("sk"))), ("ANTHROPIC_API_KEY", Secrets.Add("key", Canaries.New("sk-ant"))),
        ("Providers__openai__BaseUrl", Upstream), ("Providers__openai__RequestHeaders__0", "x-mock-*"), ("Providers__openai__RequestHeaders__1", "trace*"), ("Providers__openai__RequestHeaders__2", "baggage"),
        ("Providers__anthropic__BaseUrl", Upstream), ("Providers__anthropic__SendTraceContext", "true"),
        ("Logging__LogLevel__Default", "Debug"), .. more,
    ];

    internal StartedProcess Keep(StartedProcess process)
    {
        _processes.Add(process);
        return process;
    }

    private async Task<JsonNode> PostAsync(string path, object body)
    {
        using var answer = await Admin.PostAsJsonAsync(path, body);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!;
    }

    /// <summary>A request as its client knows it.</summary>
    internal sealed record ClientTrace(string TraceId, string SpanId)
    {
        public int Status { get; init; }

        public string Body { get; init; } = "";
    }
}
