using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;

[assembly: AssemblyFixture(typeof(CredentialProxy.Tests.Running.RedisServer.Keeper))]

namespace CredentialProxy.Tests.Running;

/// <summary>A real Redis (or Valkey) on a port and a directory of its own, with an append-only file. It can be killed and started again.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly string[] Programs = ["redis-server", "valkey-server"];
    private static readonly Lazy<Task<RedisServer>> SharedServer = new(() => StartAsync("everysec"));

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("credential-proxy-redis-");
    private readonly string _fsync;
    private readonly bool _isCluster;
    private Process? _process;
    private ConnectionMultiplexer? _connection;

    private RedisServer(string fsync, bool isCluster) => (_fsync, _isCluster) = (fsync, isCluster);

    public int Port { get; } = FreePort();

    public string Address => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");

    /// <summary>A connection that may do everything.</summary>
    public IDatabase Database => _connection!.GetDatabase();

    /// <summary>One for all tests that harm nobody but themselves; it goes away with the last of them.</summary>
    public static Task<RedisServer> SharedAsync() => SharedServer.Value;

    /// <summary>Starts one of a test's own.</summary>
    /// <param name="fsync">When what was appended goes to the disk: <c>always</c>, <c>everysec</c> or <c>no</c>.</param>
    /// <param name="isCluster">A cluster of this node alone, in which scripts may do what they may in any.</param>
    public static async Task<RedisServer> StartAsync(string fsync = "always", bool isCluster = false)
    {
        var server = new RedisServer(fsync, isCluster);
        await server.StartAgainAsync();
        return server;
    }

    /// <summary>Starts it on what it had left in its directory.</summary>
    public async Task StartAgainAsync()
    {
        _process = Start();
        // Lines that nobody reads would stop it when the pipe is full.
        _process.OutputDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        _connection ??= await ConnectAsync();
        await Product.EventuallyAsync(
            async () =>
            {
                Assert.False(_process.HasExited, "Redis did not start.");
                return await IsReadyAsync();
            },
            "Redis is ready");
        if (_isCluster)
            await MakeClusterAsync();
    }

    /// <summary>Kills it without a word.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await EndAsync();
    }

    /// <summary>Length of the append-only file that it writes to.</summary>
    public long FileLength => AppendOnlyFile.Length;

    /// <summary>Cuts the end of that file off, as a power failure does. It must not run.</summary>
    public void CutFile(long length)
    {
        using var file = AppendOnlyFile.OpenWrite();
        file.SetLength(length);
    }

    /// <summary>Has it stop in an orderly way.</summary>
    public async Task StopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", _process!.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        await EndAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
            await _connection.DisposeAsync();
        if (_process is not null)
            await KillAsync();
        _directory.Delete(recursive: true);
    }

    private FileInfo AppendOnlyFile => _directory.GetFiles("*.incr.aof", SearchOption.AllDirectories).Single();

    private async Task EndAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        await _process!.WaitForExitAsync(patience.Token);
        _process.Dispose();
        _process = null;
    }

    private Process Start()
    {
        var program = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .SelectMany(directory => Programs.Select(name => Path.Combine(directory, name))).FirstOrDefault(File.Exists);
        Assert.True(program is not null, "'redis-server' is missing: install the package 'redis-server' (test.sh does).");
        var start = new ProcessStartInfo(
            program,
            ["--port", Port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--dir", _directory.FullName, "--appendonly", "yes", "--appendfsync", _fsync, "--save", "", "--daemonize", "no", "--cluster-enabled", _isCluster ? "yes" : "no", "--cluster-announce-ip", "127.0.0.1"])
        {
            RedirectStandardOutput = true,
        };
        return Process.Start(start)!;
    }

    private Task<ConnectionMultiplexer> ConnectAsync()
    {
        var options = ConfigurationOptions.Parse(Address);
        options.AllowAdmin = true;
        options.AbortOnConnectFail = false;
        options.HeartbeatInterval = TimeSpan.FromMilliseconds(100);
        options.ReconnectRetryPolicy = new LinearRetry(50);
        return ConnectionMultiplexer.ConnectAsync(options);
    }

    private async Task<bool> IsReadyAsync()
    {
        try
        {
            await Database.PingAsync();
            return true;
        }
        catch (Exception exception) when (exception is RedisException or RedisTimeoutException)
        {
            return false;
        }
    }

    private async Task MakeClusterAsync()
    {
        await Database.ExecuteAsync("CLUSTER", "ADDSLOTSRANGE", 0, 16_383);
        await Product.EventuallyAsync(async () => $"{await Database.ExecuteAsync("CLUSTER", "INFO")}".Contains("cluster_state:ok", StringComparison.Ordinal), "the cluster is ready");
        // The connection has to learn that it is one.
        await _connection!.DisposeAsync();
        _connection = await ConnectAsync();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Ends the shared one when all tests are over.</summary>
    public sealed class Keeper : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            if (SharedServer.IsValueCreated)
                await (await SharedServer.Value).DisposeAsync();
        }
    }
}
