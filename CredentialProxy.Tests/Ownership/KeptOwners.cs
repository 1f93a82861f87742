using System.Collections.Concurrent;
using CredentialProxy.Admin.Ownership;
using CredentialProxy.Admin.Rebuilding;
using CredentialProxy.Admin.Recording.Streams;
using CredentialProxy.Core.Limits.Redis;
using CredentialProxy.Core.Objects;
using CredentialProxy.Core.Objects.Redis;
using CredentialProxy.Tests.Running;
using CredentialProxy.Tests.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace CredentialProxy.Tests.Ownership;

/// <summary>Owners of objects as gateways know them, in a Redis that may lose them, and the part of a control plane that keeps them in Postgres.</summary>
internal sealed class KeptOwners : IAsyncDisposable
{
    /// <summary>How long gateways are waited for: longer than between two looks of one.</summary>
    private static readonly TimeSpan WaitForGateways = TimeSpan.FromSeconds(2);

    private readonly string _name = "t" + Guid.NewGuid().ToString("N");
    private readonly List<RedisObjectOwners> _gateways = [];
    private readonly TemporaryPostgres _postgres;
    private readonly ObjectOwnersOptions _options;
    private readonly ConnectionMultiplexer _connection;
    private readonly ServiceProvider _control;

    private KeptOwners(TemporaryPostgres postgres, ConnectionMultiplexer connection, ObjectOwnersOptions options, TimeSpan wait, TimeProvider time)
    {
        (_postgres, _connection, _options) = (postgres, connection, options);
        Keys = new ObjectKeys(_name);
        _control = new ServiceCollection().AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(new QueueLoggerProvider(Lines)))
            .AddSingleton(time).AddSingleton(postgres.Source)
            .AddSingleton(new RecorderOptions { PollInterval = TimeSpan.FromMilliseconds(10), MaxRetryDelay = TimeSpan.FromMilliseconds(100) })
            .AddSingleton(new RebuildingOptions { CheckInterval = TimeSpan.FromMilliseconds(20), WaitForGateways = wait })
            .AddObjectOwnership(connection, _name, options)
            .BuildServiceProvider();
    }

    public ObjectKeys Keys { get; }

    public ConcurrentQueue<string> Lines { get; } = new();

    public OwnerRecording Recording => _control.GetRequiredService<OwnerRecording>();

    public OwnerRows Rows => _control.GetRequiredService<OwnerRows>();

    public KnownOwners Known => _control.GetRequiredService<KnownOwners>();

    public LostOwners Lost => _control.GetRequiredService<LostOwners>();

    public OwnershipHealth Health => _control.GetRequiredService<OwnershipHealth>();

    public IConnectionMultiplexer Connection => _connection;

    public static async Task<KeptOwners> OpenAsync(TemporaryPostgres postgres, string redis, ObjectOwnersOptions? options = null, TimeSpan? wait = null, TimeProvider? time = null)
    {
        var configuration = RedisConnection.Configure(redis);
        configuration.HeartbeatInterval = TimeSpan.FromMilliseconds(100);
        configuration.ReconnectRetryPolicy = new LinearRetry(50);
        var kept = new KeptOwners(postgres, await ConnectionMultiplexer.ConnectAsync(configuration), options ?? new ObjectOwnersOptions(), wait ?? WaitForGateways, time ?? TimeProvider.System);
        await kept.PutBackAsync();
        return kept;
    }

    /// <summary>Another gateway, or the same started again.</summary>
    public RedisObjectOwners Gateway(TimeProvider? time = null)
    {
        var quotas = new RedisQuotaOptions { Name = _name };
        _gateways.Add(new RedisObjectOwners(_connection, quotas, _options, time ?? TimeProvider.System, _control.GetRequiredService<ILoggerFactory>().CreateLogger<RedisObjectOwners>()));
        return _gateways[^1];
    }

    /// <summary>Looks once; true when owners are open.</summary>
    public Task<bool> LookAsync() => _control.GetRequiredService<OwnerRebuilder>().LookAsync(CancellationToken.None);

    /// <summary>Looks until owners are open.</summary>
    public Task PutBackAsync() => Product.EventuallyAsync(LookAsync, "the owners are open");

    /// <summary>Has the control plane do by itself what it does.</summary>
    public async Task StartAsync()
    {
        foreach (var service in _control.GetServices<IHostedService>())
        {
            await service.StartAsync(CancellationToken.None);
        }
    }

    /// <summary>Waits until nothing waits for Postgres.</summary>
    public Task RecordedAsync() => Product.EventuallyAsync(async () => await _connection.GetDatabase().StreamLengthAsync(Keys.Changes) == 0, "all is recorded");

    /// <summary>Who owns what, as Postgres has it.</summary>
    public async Task<List<string>> RowsAsync() => await _postgres.QueryAsync<string>("""SELECT "Owner" || ' ' || "Id" FROM objects ORDER BY 1""");

    public async ValueTask DisposeAsync()
    {
        foreach (var service in _control.GetServices<IHostedService>())
        {
            await service.StopAsync(CancellationToken.None);
        }
        foreach (var gateway in _gateways)
        {
            await gateway.DisposeAsync();
        }
        await _control.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
