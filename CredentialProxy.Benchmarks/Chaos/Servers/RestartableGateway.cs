using CredentialProxy.Benchmarks.Throughput;

namespace CredentialProxy.Benchmarks.Chaos.Servers;

/// <summary>A gateway as a process of its own, which is killed and started again on the same port and in the same data directory.</summary>
internal sealed class RestartableGateway(int index, IReadOnlyDictionary<string, string> settings, HttpClient client, PhantomWatch watch) : IDisposable
{
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(60);

    private readonly LocalPort _port = LocalPort.Find();
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("credential-proxy-chaos-gateway-");
    private ChildProcess? _process;

    public int Index => index;

    /// <summary>Its process, once it was started.</summary>
    public ChildProcess Process => _process!;

    public Uri Address => new($"http://127.0.0.1:{_port}");

    /// <summary>The life it is in, or was in last.</summary>
    public GatewayLife Life { get; private set; } = new(index, -1);

    /// <summary>Starts it. It takes requests before it is ready, and refuses them.</summary>
    public void Start()
    {
        Life = new GatewayLife(index, Life.Number + 1);
        _process = ChildProcess.Start(
            "dotnet", [Path.Combine(AppContext.BaseDirectory, "CredentialProxy.Gateway.dll")], new Dictionary<string, string>(settings) { ["PORT"] = $"{_port}", ["CREDENTIAL_PROXY_DATA"] = _data.FullName }, watch.Look);
    }

    public Task BecomesReadyAsync() => Patience.UntilAsync($"gateway {index} is ready", async () =>
    {
        using var answer = await client.GetAsync(new Uri(Address, "/ready"));
        return answer.IsSuccessStatusCode;
    });

    /// <summary>Ends it with SIGKILL.</summary>
    public void Kill()
    {
        Life.KilledAt = TimeProvider.System.GetTimestamp();
        _process?.Dispose();
    }

    /// <summary>Stops it from running, as a machine does that swaps or is moved, until <see cref="ThawAsync"/>.</summary>
    public Task FreezeAsync() => _process!.SignalAsync("STOP");

    public Task ThawAsync() => _process!.SignalAsync("CONT");

    /// <summary>Has it end in an orderly way.</summary>
    public async Task<int> StopAsync()
    {
        await _process!.SignalAsync("TERM");
        return await _process.ExitAsync(StopWithin);
    }

    public void Dispose()
    {
        _process?.Dispose();
        _data.Delete(recursive: true);
    }
}
