using System.Collections.Concurrent;
using CredentialProxy.Admin.Rebuilding;
using CredentialProxy.Admin.Recording;
using CredentialProxy.Admin.Recording.Streams;
using CredentialProxy.Tests.Limits.Redis;
using CredentialProxy.Tests.Running;
using CredentialProxy.Tests.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CredentialProxy.Tests.Rebuilding;

/// <summary>The part of a control plane that records usage and rebuilds accounts.</summary>
internal sealed class RunningControlPlane : IAsyncDisposable
{
    /// <summary>How long gateways are waited for: longer than between two beats of one.</summary>
    public static readonly TimeSpan WaitForGateways = TimeSpan.FromMilliseconds(700);

    private readonly ServiceProvider _services;

    private RunningControlPlane(ServiceProvider services) => _services = services;

    public static RunningControlPlane Make(RedisQuotaStore store, TemporaryPostgres postgres, ConcurrentQueue<string> lines)
    {
        var quotas = store.Options with { Name = store.User };
        var services = new ServiceCollection().AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(new QueueLoggerProvider(lines)))
            .AddSingleton(TimeProvider.System).AddSingleton(postgres.Source).AddSingleton(new PostgresUsageWriter(postgres.Source))
            .AddUsageRecorder(store.Connection, quotas, new RecorderOptions { PollInterval = TimeSpan.FromMilliseconds(10), MaxRetryDelay = TimeSpan.FromMilliseconds(100) })
            .AddAccountRebuilding(store.Connection, quotas, new RebuildingOptions { CheckInterval = TimeSpan.FromMilliseconds(20), WaitForGateways = WaitForGateways });
        return new RunningControlPlane(services.BuildServiceProvider());
    }

    /// <summary>Looks once whether accounts are what they were.</summary>
    public Task<bool> LookAsync() => _services.GetRequiredService<AccountRebuilder>().LookAsync(CancellationToken.None);

    /// <summary>Looks until accounts are open.</summary>
    public Task OpenAsync() => Product.EventuallyAsync(LookAsync, "the accounts are open");

    /// <summary>Records what is in the stream, once.</summary>
    public async Task RecordAsync()
    {
        while (await _services.GetRequiredService<UsageStream>().ReadAsync(100) is { Length: > 0 } entries)
            await _services.GetRequiredService<StreamRecording>().RecordAsync(entries, CancellationToken.None);
    }

    public async Task StartAsync()
    {
        foreach (var service in _services.GetServices<IHostedService>())
            await service.StartAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var service in _services.GetServices<IHostedService>())
            await service.StopAsync(CancellationToken.None);
        await _services.DisposeAsync();
    }
}
