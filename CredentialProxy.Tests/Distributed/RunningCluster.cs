using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using CredentialProxy.Admin.Hosting;
using CredentialProxy.Gateway.Hosting;
using CredentialProxy.MockProvider;
using CredentialProxy.Tests.KeyRings;
using CredentialProxy.Tests.Running;
using CredentialProxy.Tests.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CredentialProxy.Tests.Distributed;

/// <summary>A control plane on a real Postgres and a real Redis, both of which can be taken away, gateways that know that Redis alone, and the mock provider.</summary>
internal sealed class RunningCluster : IAsyncDisposable
{
    public const string AdminKey = "cluster-admin-key";

    private readonly TemporaryPostgres _postgres;
    private readonly WebApplication _mock;
    private readonly List<GatewayHost> _gateways = [];
    private AdminHost? _admin;

    private RunningCluster(TemporaryPostgres postgres, RedisServer redis, WebApplication mock, string masterKey)
    {
        (_postgres, Redis, _mock, MasterKey) = (postgres, redis, mock, masterKey);
        PostgresLine = new BreakableLine(new NpgsqlConnectionStringBuilder(postgres.ConnectionString).Port);
    }

    public RedisServer Redis { get; }

    public BreakableLine PostgresLine { get; }

    public TemporaryPostgres Postgres => _postgres;

    public string MasterKey { get; }

    public HttpClient Admin { get; } = new(new SocketsHttpHandler { UseProxy = false });

    public HttpClient Client { get; } = new(new SocketsHttpHandler { UseProxy = false });

    public IReadOnlyList<GatewayHost> Gateways => _gateways;

    public ConcurrentQueue<string> Log { get; } = new();

    public Uri Mock => new(_mock.Urls.First());

    public static async Task<RunningCluster> StartAsync(int gateways) => await StartAsync(gateways, await TemporaryPostgres.CreateAsync(), RingSettingsOf.NewMasterKey());

    /// <summary>Starts one on a database that is there already, and on an empty Redis.</summary>
    public static async Task<RunningCluster> StartAsync(int gateways, TemporaryPostgres postgres, string masterKey)
    {
        var mock = MockProviderApp.Create(new MockProviderOptions { Port = 0 });
        await mock.StartAsync();
        var cluster = new RunningCluster(postgres, await RedisServer.StartAsync(), mock, masterKey);
        await cluster.StartAdminAsync();
        for (var i = 0; i < gateways; i++)
        {
            await cluster.StartGatewayAsync();
        }
        foreach (var gateway in cluster.Gateways)
        {
            await cluster.BecomesAsync(200, gateway);
        }
        return cluster;
    }

    /// <summary>The settings of a gateway: nothing of Postgres.</summary>
    public Dictionary<string, string?> GatewaySettings => new()
    {
        ["ConnectionStrings:redis"] = Redis.Address,
        ["CREDENTIAL_PROXY_MASTER_KEY"] = MasterKey,
        ["PORT"] = "0",
        ["Stopping:ReadinessDelay"] = "00:00:00",
        ["Providers:openai:BaseUrl"] = Mock.ToString().TrimEnd('/'),
        ["Providers:openai:RequestHeaders:0"] = "x-mock-*",
        ["Ledger:OutageTolerance"] = "00:00:02",
        ["Ledger:MaxSettleDelay"] = "00:00:03",
    };

    public Dictionary<string, string?> AdminSettings => new()
    {
        ["ConnectionStrings:postgres"] = new NpgsqlConnectionStringBuilder(_postgres.ConnectionString) { Port = int.Parse(PostgresLine.Address.Split(':')[1], null) }.ToString(),
        ["ConnectionStrings:redis"] = Redis.Address,
        ["CREDENTIAL_PROXY_MASTER_KEY"] = MasterKey,
        ["CREDENTIAL_PROXY_ADMIN_KEY"] = AdminKey,
        ["CONTROL_PORT"] = "0",
        ["Rebuilding:WaitForGateways"] = "00:00:00.5",
        ["Stopping:ReadinessDelay"] = "00:00:00",
    };

    public async Task<GatewayHost> StartGatewayAsync(params (string Name, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(GatewayHost.Defaults).AddInMemoryCollection(GatewaySettings)
            .AddInMemoryCollection(settings.ToDictionary(setting => setting.Name, setting => (string?)setting.Value)).Build();
        var gateway = await GatewayHost.StartAsync(configuration, Configure, CancellationToken.None);
        _gateways.Add(gateway);
        return gateway;
    }

    /// <summary>Calls the control plane.</summary>
    public async Task<JsonNode> ControlAsync(HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        using var answer = await Admin.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonNode.Parse(text.Length == 0 ? "{}" : text)!;
    }

    /// <summary>Sends a chat completion through a gateway.</summary>
    public Task<HttpResponseMessage> ChatAsync(GatewayHost gateway, string token, string content = "Hello", bool isStream = false, string? fault = null) =>
        ChatAsync(gateway.Address, token, content, isStream, fault);

    /// <summary>Sends a chat completion through whatever has this address, in this version of HTTP.</summary>
    public async Task<HttpResponseMessage> ChatAsync(Uri address, string token, string content = "Hello", bool isStream = false, string? fault = null, string version = "1.1")
    {
        var call = ProviderCall.Of("openai");
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(address, call.Path))
        {
            Content = JsonContent.Create(call.Body(content, 64, isStream)),
            Version = Version.Parse(version),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (fault is not null)
        {
            request.Headers.TryAddWithoutValidation("x-mock-fault", fault);
        }
        return await Client.SendAsync(request, isStream ? HttpCompletionOption.ResponseHeadersRead : HttpCompletionOption.ResponseContentRead);
    }

    public async Task<int> StatusAsync(GatewayHost gateway, string token)
    {
        using var answer = await ChatAsync(gateway, token);
        return (int)answer.StatusCode;
    }

    public async Task<int> ReadyAsync(Uri address)
    {
        using var answer = await Client.GetAsync(new Uri(address, "/ready"));
        return (int)answer.StatusCode;
    }

    /// <summary>Lets chunks pass a gate of the mock.</summary>
    public async Task OpenGateAsync(string gate, int chunks)
    {
        using var answer = await Client.PostAsync(new Uri(Mock, $"/__gates/{gate}?chunks={chunks}"), null);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Asserts that accounts were used, and that no gateway has leased anything of them.</summary>
    public async Task AssertNothingIsLeasedAsync()
    {
        var server = Redis.Database.Multiplexer.GetServers()[0];
        var counters = 0;
        await foreach (var counter in server.KeysAsync(pattern: "cp:{quota}:counter:*"))
        {
            counters++;
            Assert.Equal(0, (long)await Redis.Database.HashGetAsync(counter, "leased"));
        }
        Assert.NotEqual(0, counters);
        Assert.Empty(server.Keys(pattern: "cp:{quota}:leases:*"));
        Assert.Equal(0, await Redis.Database.SortedSetLengthAsync("cp:{quota}:dead"));
    }

    /// <summary>Waits until a gateway is ready, or not.</summary>
    public Task BecomesAsync(int status, GatewayHost gateway) => Product.EventuallyAsync(async () => await ReadyAsync(gateway.Address) == status, $"/ready is {status}");

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Admin.Dispose();
        await Task.WhenAll(_gateways.Select(gateway => gateway.DisposeAsync().AsTask()));
        if (_admin is not null)
        {
            await _admin.DisposeAsync();
        }
        await _mock.DisposeAsync();
        await PostgresLine.DisposeAsync();
        await Redis.DisposeAsync();
        await _postgres.DisposeAsync();
    }

    private async Task StartAdminAsync()
    {
        _admin = await AdminHost.StartAsync(new ConfigurationBuilder().AddInMemoryCollection(AdminSettings).Build(), Configure, CancellationToken.None);
        Admin.BaseAddress = _admin.Address;
        Admin.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AdminKey);
    }

    private void Configure(ILoggingBuilder builder)
    {
        builder.SetMinimumLevel(LogLevel.Debug);
        builder.AddProvider(new QueueLoggerProvider(Log));
    }
}
