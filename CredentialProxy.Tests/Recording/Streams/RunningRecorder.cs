using CredentialProxy.Admin.Recording;
using CredentialProxy.Admin.Recording.Streams;
using CredentialProxy.Core.Limits.Redis;
using CredentialProxy.Tests.Running;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace CredentialProxy.Tests.Recording.Streams;

/// <summary>A recorder as a control plane has it, on a Redis and a Postgres of a test's.</summary>
internal sealed class RunningRecorder : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    private RunningRecorder(ServiceProvider services) => _services = services;

    public RecorderHealth Health => Part<RecorderHealth>();

    public UsageStream Stream => Part<UsageStream>();

    public StreamedUsageWriter Writer => Part<StreamedUsageWriter>();

    /// <summary>Its parts, none of which runs yet.</summary>
    public static RunningRecorder Make(IConnectionMultiplexer redis, string name, Npgsql.NpgsqlDataSource postgres, RecorderOptions? options, QueueLoggerProvider logs, TimeProvider? time = null)
    {
        var services = new ServiceCollection().AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(logs))
            .AddSingleton(time ?? TimeProvider.System).AddSingleton(new PostgresUsageWriter(postgres))
            .AddUsageRecorder(redis, new RedisQuotaOptions { Name = name }, options ?? new RecorderOptions { PollInterval = TimeSpan.FromMilliseconds(5), ClaimAfter = TimeSpan.FromMilliseconds(200), MaxBatch = 200, MaxRetryDelay = TimeSpan.FromMilliseconds(200) });
        return new RunningRecorder(services.BuildServiceProvider());
    }

    public async Task StartAsync() => await Part<Microsoft.Extensions.Hosting.IHostedService>().StartAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await Part<Microsoft.Extensions.Hosting.IHostedService>().StopAsync(CancellationToken.None);
        await _services.DisposeAsync();
    }

    private T Part<T>()
        where T : notnull => _services.GetRequiredService<T>();
}
