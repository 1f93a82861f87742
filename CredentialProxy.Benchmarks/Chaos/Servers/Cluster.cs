using System.Globalization;
using System.Security.Cryptography;
using CredentialProxy.Benchmarks.Attacks;
using CredentialProxy.Benchmarks.Attacks.Overspend;
using CredentialProxy.Benchmarks.Chaos.Breaking;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Benchmarks.Chaos.Servers;

/// <summary>Everything that a deployment has, each a process of its own: Redis, Postgres, the control plane, three gateways, a provider. Every way to Redis and Postgres can be cut.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    /// <summary>How long a gateway may be silent. Shorter than the default, so that a run sees some expire.</summary>
    public static readonly TimeSpan HolderLifetime = TimeSpan.FromSeconds(5);

    private const int Count = 3;

    private readonly List<(string Name, BreakableLine Line)> _lines = [];
    private readonly string _prices = Path.GetTempFileName();
    private readonly string _masterKey = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
    private readonly Breakage? _breakage;
    private MockProcess? _mock;
    private ControlPlane? _control;

    private Cluster(Breakage? breakage) => _breakage = breakage;

    public RestartableRedis Redis { get; } = new();

    public RestartablePostgres Postgres { get; } = new();

    public HttpClient Client { get; } = new(new SocketsHttpHandler { UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(2) }) { Timeout = TimeSpan.FromSeconds(60) };

    public IReadOnlyList<RestartableGateway> Gateways { get; private set; } = [];

    /// <summary>The ways to Redis and Postgres, one for whoever goes it.</summary>
    public IReadOnlyList<(string Name, BreakableLine Line)> Lines => _lines;

    /// <summary>Sees what was held by nobody.</summary>
    public PhantomWatch Watch { get; } = new();

    public MockProcess Mock => _mock!;

    public ControlPlane Control => _control!;

    public static async Task<Cluster> StartAsync(Breakage? breakage)
    {
        var cluster = new Cluster(breakage);
        try
        {
            await cluster.StartAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var gateway in Gateways)
        {
            gateway.Dispose();
        }
        _control?.Dispose();
        _mock?.Dispose();
        Client.Dispose();
        foreach (var (_, line) in _lines)
        {
            await line.DisposeAsync();
        }
        await Redis.DisposeAsync();
        await Postgres.DisposeAsync();
        File.Delete(_prices);
    }

    private async Task StartAsync()
    {
        await File.WriteAllTextAsync(_prices, UnitAmounts.PriceFile);
        await Task.WhenAll(Redis.StartAsync(), Postgres.CreateAsync());
        _mock = await MockProcess.StartAsync(LocalPort.Find().Number);
        _control = await ControlPlane.StartAsync(new Dictionary<string, string>(Common("the control plane to Redis")) { ["ConnectionStrings__postgres"] = RestartablePostgres.ConnectionStringBy(AddLine("the control plane to Postgres", Postgres.Port).Address) }, Watch);
        Gateways = [.. Enumerable.Range(1, Count).Select(index => new RestartableGateway(index, GatewaySettings(index), Client, Watch))];
        foreach (var gateway in Gateways)
        {
            gateway.Start();
        }
        await Task.WhenAll(Gateways.Select(gateway => gateway.BecomesReadyAsync()));
    }

    private Dictionary<string, string> GatewaySettings(int index)
    {
        var settings = new Dictionary<string, string>(Common($"gateway {index} to Redis"))
        {
            ["Providers__openai__BaseUrl"] = Mock.Address,
            ["Providers__openai__RequestHeaders__0"] = "x-mock-*",
        };
        if (_breakage is { } breakage)
        {
            settings["DOTNET_STARTUP_HOOKS"] = typeof(Cluster).Assembly.Location;
            settings[StartupHook.BreakageName] = breakage.ToString();
        }
        return settings;
    }

    private BreakableLine AddLine(string name, int port)
    {
        var line = new BreakableLine(port);
        _lines.Add((name, line));
        return line;
    }

    // The settings that all have.
    private Dictionary<string, string> Common(string wayToRedis) => new()
    {
        ["ConnectionStrings__redis"] = AddLine(wayToRedis, Redis.Port).Address,
        ["CREDENTIAL_PROXY_MASTER_KEY"] = _masterKey,
        ["Redis__HolderLifetime"] = HolderLifetime.ToString("c", CultureInfo.InvariantCulture),
        ["Pricing__File"] = _prices,
        ["Stopping__ReadinessDelay"] = "00:00:00",
        ["Logging__LogLevel__Default"] = "Error",
    };
}
