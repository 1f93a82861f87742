using System.Security.Cryptography;
using CredentialProxy.Benchmarks.Attacks;
using CredentialProxy.Benchmarks.Chaos.Books;
using CredentialProxy.Benchmarks.Chaos.Servers;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Benchmarks.Rolling;

/// <summary>Redis, Postgres, the control plane, the mock provider and two gateways behind haproxy, each a process of its own.</summary>
internal sealed class RollingDeployment : IAsyncDisposable
{
    private readonly string _masterKey = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
    private readonly RestartableRedis _redis = new();
    private readonly RestartablePostgres _postgres = new();
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false });
    private MockProcess? _mock;
    private ControlPlane? _control;
    private LoadBalancer? _balancer;

    public IReadOnlyList<RestartableGateway> Gateways { get; private set; } = [];

    public ControlPlane Control => _control!;

    /// <summary>Where clients call.</summary>
    public Uri Address => _balancer!.Address;

    public static async Task<RollingDeployment> StartAsync()
    {
        var deployment = new RollingDeployment();
        try
        {
            await deployment.BeginAsync();
            return deployment;
        }
        catch
        {
            await deployment.DisposeAsync();
            throw;
        }
    }

    /// <summary>Has the gateways end, waits until so many requests are recorded, and reads what is left in Redis.</summary>
    public async Task<(long Recorded, AccountBooks Books)> SettleAsync(long requests)
    {
        await Task.WhenAll(Gateways.Select(gateway => gateway.StopAsync()));
        long recorded = 0;
        await Patience.UntilAsync("all usage is recorded", async () =>
        {
            recorded = (long)(await Control.CallAsync(HttpMethod.Get, "/api/usage"))["totals"]!["requests"]!;
            return recorded >= requests;
        });
        await using var connection = await _redis.ConnectAsync();
        return (recorded, await AccountBooks.ReadAsync(connection));
    }

    public async ValueTask DisposeAsync()
    {
        _balancer?.Dispose();
        foreach (var gateway in Gateways)
        {
            gateway.Dispose();
        }
        _control?.Dispose();
        _mock?.Dispose();
        _client.Dispose();
        await _redis.DisposeAsync();
        await _postgres.DisposeAsync();
    }

    private async Task BeginAsync()
    {
        await Task.WhenAll(_redis.StartAsync(), _postgres.CreateAsync());
        _mock = await MockProcess.StartAsync(LocalPort.Find().Number);
        var watch = new PhantomWatch();
        var common = new Dictionary<string, string>
        {
            ["ConnectionStrings__redis"] = _redis.Address,
            ["CREDENTIAL_PROXY_MASTER_KEY"] = _masterKey,
            ["Stopping__ReadinessDelay"] = "00:00:03",
            ["Logging__LogLevel__Default"] = "Error",
        };
        _control = await ControlPlane.StartAsync(new Dictionary<string, string>(common) { ["ConnectionStrings__postgres"] = _postgres.ConnectionString }, watch);
        await _control.CallAsync(HttpMethod.Post, "/api/credentials", new { provider = "openai", label = "rolling", secret = "sk-of-the-provider" });
        var settings = new Dictionary<string, string>(common)
        {
            ["Providers__openai__BaseUrl"] = _mock.Address,
            ["Providers__openai__RequestHeaders__0"] = "x-mock-*",
        };
        Gateways = [.. Enumerable.Range(1, 2).Select(index => new RestartableGateway(index, settings, _client, watch))];
        foreach (var gateway in Gateways)
        {
            gateway.Start();
        }
        await Task.WhenAll(Gateways.Select(gateway => gateway.BecomesReadyAsync()));
        _balancer = LoadBalancer.Start(Gateways.Select(gateway => gateway.Address.Port));
        await Patience.UntilAsync("the load balancer knows a gateway", async () =>
        {
            using var answer = await _client.GetAsync(new Uri(Address, "/ready"));
            return answer.IsSuccessStatusCode;
        });
    }
}
