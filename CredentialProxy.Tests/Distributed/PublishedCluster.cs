using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using CredentialProxy.MockProvider;
using CredentialProxy.Tests.Architecture;
using CredentialProxy.Tests.KeyRings;
using CredentialProxy.Tests.Running;
using CredentialProxy.Tests.Storage;
using Microsoft.AspNetCore.Builder;

namespace CredentialProxy.Tests.Distributed;

/// <summary>A control plane and two gateways behind a load balancer, started out of what <c>dotnet publish</c> puts out and nothing else, on a real Postgres and a real Redis.</summary>
public sealed class PublishedCluster : IAsyncLifetime
{
    private const string AdminKey = "published-admin-key";

    private static readonly string[] Providers = ["openai", "anthropic", "gemini", "openrouter"];

    private readonly DirectoryInfo _output = Directory.CreateTempSubdirectory("credential-proxy-published-");
    private readonly List<StartedProcess> _processes = [];
    private readonly WebApplication _mock = MockProviderApp.Create(new MockProviderOptions { Port = 0 });
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false });
    private readonly HttpClient _admin = new(new SocketsHttpHandler { UseProxy = false });
    private TemporaryPostgres? _postgres;
    private RedisServer? _redis;
    private LoadBalancer? _balancer;

    /// <summary>Where clients call; each request goes to the next gateway.</summary>
    public Uri Gateway => _balancer!.Address;

    private Uri Mock => new(_mock.Urls.First());

    public async ValueTask InitializeAsync()
    {
        await Task.WhenAll(PublishAsync("Admin"), PublishAsync("Gateway"), _mock.StartAsync());
        (_postgres, _redis) = (await TemporaryPostgres.CreateEmptyAsync(), await RedisServer.StartAsync());
        var masterKey = RingSettingsOf.NewMasterKey();
        (string, string)[] common = [("ConnectionStrings__redis", _redis.Address), ("CREDENTIAL_PROXY_MASTER_KEY", masterKey), ("Stopping__ReadinessDelay", "00:00:00")];
        (string, string)[] admin = [.. common, ("ConnectionStrings__postgres", _postgres.ConnectionString), ("CREDENTIAL_PROXY_ADMIN_KEY", AdminKey), ("CONTROL_PORT", "0"), ("Rebuilding__WaitForGateways", "00:00:00.5")];
        // As a deployment does it: the one waits until the other has migrated.
        var waiting = Start("Admin", ["migrate", "--wait"], admin);
        Assert.Equal(0, await Start("Admin", ["migrate"], admin).ExitAsync());
        Assert.Equal(0, await waiting.ExitAsync());
        var control = Start("Admin", ["serve"], admin);
        var ports = new[] { LoadBalancer.FreePort(), LoadBalancer.FreePort() };
        foreach (var port in ports)
        {
            Start("Gateway", [$"--PORT={port}"], [.. common, .. Providers.SelectMany(ProviderSettings)]);
        }
        _balancer = LoadBalancer.Start(ports);
        var line = await control.PrintedAsync("The control plane listens on");
        _admin.BaseAddress = new Uri(line.Split(' ', ';').Single(word => word.StartsWith("http", StringComparison.Ordinal)));
        _admin.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AdminKey);
        foreach (var provider in Providers)
        {
            await ControlAsync(HttpMethod.Post, "/api/credentials", new { provider, label = provider, secret = $"sk-demo-{provider}-key" });
        }
        foreach (var address in ports.Select(port => new Uri($"http://127.0.0.1:{port}")).Append(Gateway))
        {
            await Product.EventuallyAsync(() => IsReadyAsync(address), "it is ready");
        }
    }

    public async ValueTask DisposeAsync()
    {
        _balancer?.Dispose();
        _client.Dispose();
        _admin.Dispose();
        await Task.WhenAll(_processes.Select(process => process.DisposeAsync().AsTask()));
        await _mock.DisposeAsync();
        if (_redis is not null)
        {
            await _redis.DisposeAsync();
        }
        if (_postgres is not null)
        {
            await _postgres.DisposeAsync();
        }
        _output.Delete(recursive: true);
    }

    /// <summary>Makes a token.</summary>
    public Task<JsonNode> MintAsync(object token) => ControlAsync(HttpMethod.Post, "/api/tokens", token);

    /// <summary>What the mock has produced, all models together.</summary>
    public async Task<(long Input, long Output)> ProducedAsync()
    {
        var usage = (await _client.GetFromJsonAsync<JsonArray>(new Uri(Mock, "/__usage")))!;
        return (usage.Sum(entry => (long)entry!["input"]!), usage.Sum(entry => (long)entry!["output"]!));
    }

    /// <summary>What Postgres has recorded of a token.</summary>
    public async Task<(long Input, long Output)> RecordedAsync(JsonNode token)
    {
        var totals = (await ControlAsync(HttpMethod.Get, $"/api/usage?token={token["id"]}"))["totals"]!;
        return ((long)totals["inputTokens"]!, (long)totals["outputTokens"]!);
    }

    private async Task<JsonNode> ControlAsync(HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        using var answer = await _admin.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!;
    }

    private async Task<bool> IsReadyAsync(Uri address)
    {
        try
        {
            using var answer = await _client.GetAsync(new Uri(address, "/ready"));
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private IEnumerable<(string, string)> ProviderSettings(string name) =>
    [
        ($"Providers__{name}__BaseUrl", Mock.ToString().TrimEnd('/') + (name == "openrouter" ? "/api" : "")),
        ($"Providers__{name}__RequestHeaders__0", "x-mock-*"),
        ($"Providers__{name}__ResponseHeaders__0", "x-mock-*"),
    ];

    private StartedProcess Start(string program, string[] arguments, (string Name, string Value)[] settings)
    {
        var process = StartedProcess.Of(Path.Combine(OutputOf(program), $"CredentialProxy.{program}.dll"), arguments, settings);
        _processes.Add(process);
        return process;
    }

    private string OutputOf(string program) => Path.Combine(_output.FullName, program);

    // What was built for these tests is put out, and not built again.
    private async Task PublishAsync(string program)
    {
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        var start = new ProcessStartInfo(
            "dotnet", ["publish", Path.Combine(Repository.Root, $"CredentialProxy.{program}"), "-c", configuration, "--no-build", "--nologo", "-v", "quiet", "-o", OutputOf(program)])
        { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, output);
    }
}
