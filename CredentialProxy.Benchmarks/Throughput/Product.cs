using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace CredentialProxy.Benchmarks.Throughput;

/// <summary>The Standalone product as a process of its own, set up over its API as an operator would.</summary>
internal sealed class Product : IDisposable
{
    private const string AdminKey = "benchmark-admin-key-0123456789abcdef";
    // As long as OpenAI's are, and as no key can be.
    public const string ProviderKey = "sk-proj-benchmark-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ-0123456789-A";

    private static readonly string[] Providers = ["openai"];

    /// <summary>Three limits, none of which is ever reached.</summary>
    public static object[] NeverReached { get; } =
    [
        new { unit = "tokens", limit = 1_000_000_000_000, window = "lifetime" },
        new { unit = "usd", limit = 1_000_000_000, window = "day" },
        new { unit = "requests", limit = 1_000_000_000, window = "minute" },
    ];

    private readonly ChildProcess _process;
    private readonly string _directory;
    private readonly HttpClient _control;

    private Product(ChildProcess process, string directory, int gatewayPort, int controlPort)
    {
        _process = process;
        _directory = directory;
        Gateway = new Uri($"http://127.0.0.1:{gatewayPort}");
        _control = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{controlPort}") };
        _control.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AdminKey);
    }

    public ChildProcess Process => _process;

    public Uri Gateway { get; }

    /// <summary>Starts it with an upstream that headers for the mock provider pass to.</summary>
    public static async Task<Product> StartAsync(
        string upstream, int gatewayPort, int controlPort, string logLevel = "Warning", params (string Name, string Value)[] settings)
    {
        var directory = Directory.CreateTempSubdirectory("credential-proxy-bench").FullName;
        var assembly = Path.Combine(AppContext.BaseDirectory, "CredentialProxy.Standalone.dll");
        var environment = new Dictionary<string, string>
        {
            ["CREDENTIAL_PROXY_DATA"] = directory,
            ["CREDENTIAL_PROXY_ADMIN_KEY"] = AdminKey,
            ["PORT"] = gatewayPort.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["CONTROL_PORT"] = controlPort.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["Providers__openai__BaseUrl"] = upstream,
            ["Providers__openai__RequestHeaders__0"] = "x-mock-*",
            ["OPENAI_API_KEY"] = ProviderKey,
            ["Logging__LogLevel__Default"] = logLevel,
        };
        foreach (var (name, value) in settings)
        {
            environment[name] = value;
        }
        var process = ChildProcess.Start("dotnet", [assembly], environment);
        var product = new Product(process, directory, gatewayPort, controlPort);
        await WaitUntilServingAsync(product.Gateway);
        return product;
    }

    /// <summary>Mints a proxy token with three limits, none of which is ever reached.</summary>
    public Task<string> MintAsync() => MintAsync(NeverReached);

    /// <summary>Mints a proxy token with these limits.</summary>
    public async Task<string> MintAsync(params object[] limits) => (await MintWithAsync([], limits)).Token;

    /// <summary>Mints a proxy token that is granted these features and has these limits.</summary>
    public async Task<(string Id, string Token)> MintWithAsync(string[] features, params object[] limits)
    {
        using var answer = await _control.PostAsJsonAsync("/api/tokens", new
        {
            kind = "proxy",
            label = "benchmark",
            providers = Providers,
            features,
            limits,
        });
        answer.EnsureSuccessStatusCode();
        var token = (await answer.Content.ReadFromJsonAsync<JsonNode>())!;
        return ((string)token["id"]!, (string)token["token"]!);
    }

    /// <summary>Mints a session token, signed by the product.</summary>
    public async Task<string> MintSessionAsync()
    {
        using var answer = await _control.PostAsJsonAsync("/api/tokens", new { kind = "session", label = "benchmark", providers = Providers });
        answer.EnsureSuccessStatusCode();
        return (string)(await answer.Content.ReadFromJsonAsync<JsonNode>())!["token"]!;
    }

    /// <summary>Deletes a token.</summary>
    public async Task DeleteAsync(string tokenId)
    {
        using var answer = await _control.DeleteAsync($"/api/tokens/{tokenId}");
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>What has been charged to a token's only limit.</summary>
    public async Task<decimal> SpentAsync(string tokenId) => (decimal?)(await _control.GetFromJsonAsync<JsonNode>($"/api/tokens/{tokenId}"))!["limits"]![0]!["spent"] ?? 0;

    /// <summary>How many usage records a token has.</summary>
    public async Task<long> RecordedRequestsAsync(string tokenId) => (long)(await _control.GetFromJsonAsync<JsonNode>($"/api/usage?token={tokenId}"))!["totals"]!["requests"]!;

    public static async Task WaitUntilServingAsync(Uri address)
    {
        using var client = new HttpClient();
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (true)
        {
            try
            {
                using var answer = await client.GetAsync(new Uri(address, "/health"), patience.Token);
                return;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(50, patience.Token);
            }
        }
    }

    public void Dispose()
    {
        _control.Dispose();
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
