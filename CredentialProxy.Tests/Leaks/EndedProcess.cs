using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using CredentialProxy.MockProvider;
using CredentialProxy.Tests.Running;
using Microsoft.AspNetCore.Builder;

namespace CredentialProxy.Tests.Leaks;

/// <summary>The process with secrets that are found wherever they turn up, as talkative as it can be, ended in the middle of its work; and all that it leaves: what it printed, and its files.</summary>
public abstract class EndedProcess : IAsyncLifetime
{
    private const int MostTokens = 400;

    private readonly WebApplication _upstream = MockProviderApp.Create(new MockProviderOptions { Port = 0 });
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("credential-proxy-killed-");
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false });
    private StartedProcess _process = null!;
    private string _adminKey = "";
    private Uri _gateway = null!;
    private Uri _control = null!;

    /// <summary>Everything that it printed.</summary>
    public string Printed { get; private set; } = "";

    /// <summary>The bytes of every file that it left.</summary>
    public Dictionary<string, string> Files { get; } = [];

    /// <summary>The last four characters of a token that was made, which may be shown.</summary>
    public string LastFour { get; private set; } = "";

    internal Canaries Secrets { get; } = new();

    private protected virtual (string Name, string Value)[] Settings => [];

    private protected abstract Task EndAsync(StartedProcess process);

    public async ValueTask InitializeAsync()
    {
        await _upstream.StartAsync();
        Start();
        _gateway = await AddressAsync("  gateway ", 1);
        _control = await AddressAsync("  control plane ", 2);
        using var leaving = new CancellationTokenSource();
        var streams = await DriveAsync(leaving.Token);
        await EndAsync(_process);
        await leaving.CancelAsync();
        await Task.WhenAll(streams).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Printed = _process.Text;
        foreach (var file in _data.EnumerateFiles("*", SearchOption.AllDirectories))
        {
            Files[file.Name] = Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file.FullName, CancellationToken.None));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        await _upstream.DisposeAsync();
        _client.Dispose();
        _data.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }

    private void Start()
    {
        List<(string, string)> settings = [("CREDENTIAL_PROXY_DATA", _data.FullName), ("Logging__LogLevel__Default", "Trace"), ("Logging__LogLevel__Microsoft", "Trace"), ("Logging__LogLevel__System", "Trace"), ("Logging__LogLevel__Yarp", "Trace"), .. Settings];
        foreach (var provider in ProviderCall.Providers)
        {
            settings.Add(($"Providers__{provider}__BaseUrl", _upstream.Urls.First() + (provider == "openrouter" ? "/api" : "")));
            settings.Add(($"Providers__{provider}__ApiKey", Secrets.Add($"{provider} key", Canaries.New("sk-" + provider))));
            settings.Add(($"Providers__{provider}__RequestHeaders__0", "x-mock-*"));
        }
        _adminKey = Secrets.Add("admin key", Canaries.New("cpadm"));
        settings.Add(("CREDENTIAL_PROXY_ADMIN_KEY", _adminKey));
        settings.Add(("CREDENTIAL_PROXY_JWT_SECRET", Secrets.Add("session secret", Canaries.New("a secret of thirty-two bytes and more"))));
        _process = StartedProcess.Standalone([], [.. settings]);
    }

    private async Task<Uri> AddressAsync(string label, int word) => new((await _process.PrintedAsync(label)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[word]);

    // Answers streams that are still under way.
    private async Task<List<Task>> DriveAsync(CancellationToken leaving)
    {
        await ControlAsync("/api/credentials", new { provider = "openai", secret = Secrets.Add("stored key", Canaries.New("sk-stored")) });
        var made = new List<JsonNode>();
        foreach (var request in new object[] { new { kind = "proxy", token = Canaries.New("chosen"), limits = new[] { new { unit = "tokens", limit = 1_000_000 } } }, new { kind = "proxy" }, new { kind = "session" } })
        {
            made.Add((await ControlAsync("/api/tokens", request))!);
        }
        var tokens = made.Select(token => Secrets.Add("token", (string)token["token"]!)).ToList();
        LastFour = (string)made[0]["lastFour"]!;
        await ControlAsync("/api/tokens", new { kind = "proxy", token = tokens[0] });
        foreach (var token in tokens.Append(Secrets.Add("unknown token", Canaries.New("ptk"))))
        {
            foreach (var provider in ProviderCall.Providers)
            {
                await CallAsync(provider, token, null, CancellationToken.None);
                await CallAsync(provider, token, """{"echoKey":true}""", CancellationToken.None);
                await CallAsync(provider, token, """{"reset":true}""", CancellationToken.None);
            }
        }
        var streams = ProviderCall.Providers.SelectMany(provider => tokens.Select(token => CallAsync(provider, token, """{"chunkDelayMs":20}""", leaving))).ToList();
        // In the middle of them, and of what is written for others.
        for (var i = 0; i < 20; i++)
        {
            await CallAsync("openai", tokens[i % tokens.Count], null, CancellationToken.None);
        }
        return streams;
    }

    private async Task CallAsync(string provider, string token, string? fault, CancellationToken leaving)
    {
        var call = ProviderCall.Of(provider);
        var isStream = fault?.Contains("chunk", StringComparison.Ordinal) == true;
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_gateway, isStream ? call.StreamPath : call.Path)) { Content = JsonContent.Create(call.Body($"Hello [[tokens:{MostTokens}]]", MostTokens, isStream)) };
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token);
        if (fault is not null)
        {
            request.Headers.Add("x-mock-fault", fault);
        }
        try
        {
            using var answer = await _client.SendAsync(request, leaving);
        }
        catch (HttpRequestException)
        {
            // It has been killed.
        }
    }

    private async Task<JsonNode?> ControlAsync(string path, object body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_control, path)) { Content = JsonContent.Create(body) };
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + _adminKey);
        using var answer = await _client.SendAsync(request);
        return await answer.Content.ReadFromJsonAsync<JsonNode>();
    }
}
