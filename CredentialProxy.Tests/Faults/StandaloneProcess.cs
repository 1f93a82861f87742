using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace CredentialProxy.Tests.Faults;

/// <summary>The product as a process of its own, on free ports, which can be killed.</summary>
internal sealed class StandaloneProcess : IAsyncDisposable
{
    private const string AdminKey = "kill-test-admin-key-0123456789abcdef";
    private const int KilledExitCode = 128 + 9;

    /// <summary>Starting takes two seconds where nothing else runs; much else may.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();

    private StandaloneProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
        process.ErrorDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public Uri Gateway { get; private set; } = null!;

    /// <summary>A client of the control plane.</summary>
    public HttpClient Admin { get; } = new();

    /// <summary>Starts on a data directory and waits until it serves.</summary>
    /// <param name="dataDirectory">The data directory.</param>
    /// <param name="openAI">Where OpenAI is.</param>
    /// <param name="other">The name of a provider that is in the same place and has no key yet.</param>
    public static async Task<StandaloneProcess> StartAsync(string dataDirectory, Uri openAI, string other)
    {
        var demoFile = Path.Combine(dataDirectory, "demo.json");
        // One that was killed has left its own.
        File.Delete(demoFile);
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "CredentialProxy.Standalone.dll"), "--demo"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = dataDirectory,
            Environment =
            {
                ["CREDENTIAL_PROXY_DATA"] = dataDirectory,
                ["CREDENTIAL_PROXY_ADMIN_KEY"] = AdminKey,
                ["PORT"] = "0",
                ["CONTROL_PORT"] = "0",
                ["MOCK_PORT"] = "0",
                ["Providers__openai__BaseUrl"] = openAI.ToString().TrimEnd('/'),
                [$"Providers__{other}__BaseUrl"] = openAI.ToString().TrimEnd('/'),
                [$"Providers__{other}__Endpoints__0"] = "POST /v1/chat/completions",
                [$"Providers__{other}__Dialect"] = "openai-chat",
                [$"Providers__{other}__RequestHeaders__0"] = "x-mock-*",
            },
        };
        var process = new StandaloneProcess(Process.Start(start)!);
        try
        {
            await process.ReadAddressesAsync(demoFile);
            return process;
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes something over the API.</summary>
    public async Task<JsonNode> PostAsync(string path, object request)
    {
        using var answer = await Admin.PostAsJsonAsync(path, request);
        var body = await answer.Content.ReadFromJsonAsync<JsonNode>();
        Assert.True(answer.IsSuccessStatusCode, body?.ToJsonString());
        return body!;
    }

    /// <summary>Kills it, and waits until it is gone.</summary>
    public async Task KillAsync()
    {
        _process.Kill(); // SIGKILL: it gets to do nothing any more
        await _process.WaitForExitAsync();
        Assert.Equal(KilledExitCode, _process.ExitCode);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }
        _process.Dispose();
        Admin.Dispose();
    }

    private async Task ReadAddressesAsync(string demoFile)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!File.Exists(demoFile))
        {
            Assert.False(_process.HasExited || patience.IsCancellationRequested, "It did not start:\n" + string.Join('\n', _output));
            await Task.Delay(20);
        }
        var demo = JsonNode.Parse(await File.ReadAllTextAsync(demoFile))!;
        Gateway = new Uri((string)demo["gateway"]!);
        Admin.BaseAddress = new Uri((string)demo["control"]!);
        Admin.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (string?)demo["adminKey"]);
    }
}
