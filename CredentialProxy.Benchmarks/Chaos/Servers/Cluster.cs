using System.Globalization;
using System.Security.Cryptography;
using CredentialProxy.Benchmarks.Attacks;
using CredentialProxy.Benchmarks.Attacks.Overspend;
using CredentialProxy.Benchmarks.Chaos.Breaking;

namespace CredentialProxy.Benchmarks.Chaos.Servers;

/// <summary>Everything that a deployment has, each a process of its own: Redis, Postgres, the control plane, three gateways, a provider.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    /// <summary>How long a gateway may be silent. Shorter than the default, so that a run sees some expire.</summary>
    public static readonly TimeSpan HolderLifetime = TimeSpan.FromSeconds(5);

    private const int Count = 3;

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
        await Redis.DisposeAsync();
        await Postgres.DisposeAsync();
        File.Delete(_prices);
    }

    private async Task StartAsync()
    {
        await File.WriteAllTextAsync(_prices, UnitAmounts.PriceFile);
        await Task.WhenAll(Redis.StartAsync(), Postgres.CreateAsync());
        _mock = await MockProcess.StartAsync(LocalPort.Find().Number);
        _control = await ControlPlane.StartAsync(new Dictionary<string, string>(Common) { ["ConnectionStrings__postgres"] = Postgres.ConnectionString }, Watch);
        var settings = new Dictionary<string, string>(Common)
        {
            ["Providers__openai__BaseUrl"] = _mock.Address,
            ["Providers__openai__RequestHeaders__0"] = "x-mock-*",
        };
        if (_breakage is { } breakage)
        {
            settings["DOTNET_STARTUP_HOOKS"] = typeof(Cluster).Assembly.Location;
            settings[StartupHook.BreakageName] = breakage.ToString();
        }
        Gateways = [.. Enumerable.Range(1, Count).Select(index => new RestartableGateway(index, settings, Client, Watch))];
        foreach (var gateway in Gateways)
        {
            gateway.Start();
        }
        await Task.WhenAll(Gateways.Select(gateway => gateway.BecomesReadyAsync()));
    }

    // The settings that all have.
    private Dictionary<string, string> Common => new()
    {
        ["ConnectionStrings__redis"] = Redis.Address,
        ["CREDENTIAL_PROXY_MASTER_KEY"] = _masterKey,
        ["Redis__HolderLifetime"] = HolderLifetime.ToString("c", CultureInfo.InvariantCulture),
        ["Pricing__File"] = _prices,
        ["Stopping__ReadinessDelay"] = "00:00:00",
        ["Logging__LogLevel__Default"] = "Error",
    };
}
