using CredentialProxy.Benchmarks.Throughput;
using StackExchange.Redis;

namespace CredentialProxy.Benchmarks.Chaos.Servers;

/// <summary>A Redis that appends to its file before it answers, and can be killed and started again on that file.</summary>
internal sealed class RestartableRedis : IAsyncDisposable
{
    private readonly LocalPort _port = LocalPort.Find();
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("credential-proxy-chaos-redis-");
    private ChildProcess? _process;

    /// <summary>Its process, once it was started.</summary>
    public ChildProcess Process => _process!;

    public int Port => _port.Number;

    public string Address => $"127.0.0.1:{_port}";

    public async Task StartAsync()
    {
        _process = ChildProcess.Start(
            "redis-server",
            ["--port", $"{_port}", "--bind", "127.0.0.1", "--dir", _directory.FullName, "--appendonly", "yes", "--appendfsync", "always", "--save", "", "--maxmemory-policy", "noeviction"]);
        await Patience.UntilAsync("Redis answers", async () =>
        {
            await using var connection = await ConnectAsync();
            await connection.GetDatabase().PingAsync();
            return true;
        });
    }

    public void Kill() => _process?.Dispose();

    /// <summary>A connection of the caller's own.</summary>
    public Task<ConnectionMultiplexer> ConnectAsync() => ConnectionMultiplexer.ConnectAsync($"{Address},connectTimeout=1000,connectRetry=0");

    public ValueTask DisposeAsync()
    {
        Kill();
        _directory.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }
}
