using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace CredentialProxy.AppHost.Tests;

/// <summary>The whole app host, started as a developer starts it, on containers or on the programs of this machine, with data and ports of its own.</summary>
public sealed class RunningAppHost : IAsyncLifetime
{
    /// <summary>How long the whole may take on a busy machine, images included.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("credential-proxy-apphost-");
    private TraceCollector _collector = null!;

    internal TraceCollector Collector => _collector;

    public DistributedApplication App { get; private set; } = null!;

    public ResourceNotificationService Resources => App.Services.GetRequiredService<ResourceNotificationService>();

    /// <summary>Ends a wait that leads nowhere.</summary>
    public static CancellationTokenSource NewPatience()
    {
        var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        return patience;
    }

    public async ValueTask InitializeAsync()
    {
        if (OperatingSystem.IsLinux())
        {
            // Postgres, which may run as another user, has to get through to its own directory in it.
            File.SetUnixFileMode(_data.FullName, (UnixFileMode)0b111_101_101);
        }
        _collector = await TraceCollector.StartAsync();
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.CredentialProxy_AppHost>([$"--Local:Data={_data.FullName}"]);
        foreach (var service in builder.Resources.OfType<ProjectResource>())
        {
            builder.CreateResourceBuilder(service).WithEnvironment("OTEL_EXPORTER_OTLP_ENDPOINT", _collector.Address).WithEnvironment("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf");
        }
        App = await builder.BuildAsync();
        using var patience = NewPatience();
        await App.StartAsync(patience.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        await _collector.DisposeAsync();
        _data.Delete(recursive: true);
    }
}
