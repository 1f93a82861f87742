using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using CredentialProxy.Benchmarks.Throughput;

namespace CredentialProxy.Benchmarks.Chaos.Servers;

/// <summary>The control plane as a process of its own, and what is asked of it.</summary>
internal sealed class ControlPlane : IDisposable
{
    private const string AdminKey = "chaos-admin-key-0123456789";

    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(60);
    private static readonly string Assembly = Path.Combine(AppContext.BaseDirectory, "CredentialProxy.Admin.dll");

    private readonly ChildProcess _process;
    private readonly HttpClient _client;

    private ControlPlane(ChildProcess process, HttpClient client) => (_process, _client) = (process, client);

    /// <summary>Brings the database up to date and starts it.</summary>
    public static async Task<ControlPlane> StartAsync(IReadOnlyDictionary<string, string> settings, PhantomWatch watch)
    {
        using (var migration = ChildProcess.Start("dotnet", [Assembly, "migrate"], settings))
        {
            if (await migration.ExitAsync(TimeSpan.FromMinutes(2)) != 0)
            {
                throw new InvalidOperationException("The database was not migrated.");
            }
        }
        var port = LocalPort.Find();
        var process = ChildProcess.Start(
            "dotnet", [Assembly, "serve"], new Dictionary<string, string>(settings) { ["CONTROL_PORT"] = $"{port}", ["CREDENTIAL_PROXY_ADMIN_KEY"] = AdminKey }, watch.Look);
        var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AdminKey);
        var control = new ControlPlane(process, client);
        await control.BecomesReadyAsync();
        return control;
    }

    public Task BecomesReadyAsync() => Patience.UntilAsync("the control plane is ready", async () =>
    {
        using var answer = await _client.GetAsync(new Uri("/ready", UriKind.Relative));
        return answer.IsSuccessStatusCode;
    });

    /// <summary>Calls its API.</summary>
    public async Task<JsonNode> CallAsync(HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        try
        {
            using var answer = await _client.SendAsync(request);
            var text = await answer.Content.ReadAsStringAsync();
            return answer.IsSuccessStatusCode ? JsonNode.Parse(text.Length == 0 ? "{}" : text)! : throw new InvalidOperationException($"{method} {path}: {(int)answer.StatusCode} {text}");
        }
        catch (HttpRequestException e) when (_process.ExitCode is { } code)
        {
            throw new InvalidOperationException($"The control plane has ended, with {code}.", e);
        }
    }

    /// <summary>Stops it from running, until <see cref="ThawAsync"/>.</summary>
    public Task FreezeAsync() => _process.SignalAsync("STOP");

    public Task ThawAsync() => _process.SignalAsync("CONT");

    /// <summary>Has it end in an orderly way.</summary>
    public async Task<int> StopAsync()
    {
        await _process.SignalAsync("TERM");
        return await _process.ExitAsync(StopWithin);
    }

    public void Dispose()
    {
        _client.Dispose();
        _process.Dispose();
    }
}
