using System.Diagnostics;
using CredentialProxy.ServiceDefaults.Configuration;
using CredentialProxy.ServiceDefaults.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CredentialProxy.ServiceDefaults.Hosting;

/// <summary>
/// What a program consists of, web applications and the objects that they stand on: made one after another, and ended in the reverse order, whatever fails meanwhile. Its telemetry is the first
/// of them.
/// </summary>
public sealed class OwnedParts : IAsyncDisposable
{
    /// <summary>How long running requests may take to end. Below the half minute after which service managers kill what does not stop, so that what they used is still written.</summary>
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(25);

    private readonly Stack<IAsyncDisposable> _owned = new();
    private readonly IConfiguration _configuration;
    private readonly TelemetryOptions _telemetry;

    /// <summary>Begins with telemetry.</summary>
    /// <param name="configuration">The program's configuration.</param>
    /// <param name="logging">Where logs go.</param>
    /// <exception cref="StartupException">A setting of telemetry is wrong.</exception>
    public OwnedParts(IConfiguration configuration, Action<ILoggingBuilder> logging)
    {
        _configuration = configuration;
        _telemetry = SettingsReader.Read<TelemetryOptions>(configuration, TelemetryOptions.Section);
        var telemetry = Own(ProcessTelemetry.Start(configuration));
        Logging = builder =>
        {
            logging(builder);
            telemetry.AddTo(builder);
        };
    }

    /// <summary>Where logs go, telemetry included.</summary>
    public Action<ILoggingBuilder> Logging { get; }

    /// <summary>Serves metrics for Prometheus where the settings say so.</summary>
    /// <returns>Where they are; null for nowhere.</returns>
    /// <exception cref="StartupException">A setting makes no sense, or the port can't be had.</exception>
    public Task<Uri?> ServeMetricsAsync(CancellationToken cancellationToken) => MetricsEndpoint.ServeAsync(this, _configuration, cancellationToken);

    /// <summary>Owns a part.</summary>
    public T Own<T>(T part)
    {
        switch (part)
        {
            case IAsyncDisposable owned:
                _owned.Push(owned);
                break;
            case IDisposable owned:
                _owned.Push(new AsyncOwner(owned));
                break;
            default:
                throw new ArgumentException("It ends by itself.", nameof(part));
        }
        return part;
    }

    /// <summary>Makes a web application. It serves nothing yet.</summary>
    public WebApplication Build(Action<IServiceCollection> addServices, Action<KestrelServerOptions> configureServer)
    {
        // Nothing that a web host does by itself: addresses are ours to choose, and no setting of the framework's (ASPNETCORE_URLS, Kestrel:Endpoints) may
        // open a second door; nor is there a file to watch, for settings are read once.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(configureServer);
        builder.Configuration.AddConfiguration(_configuration);
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = DrainTimeout);
        builder.Services.AddSingleton<DistributedContextPropagator>(new EdgePropagator(_telemetry.ClientTraceContext));
        Logging(builder.Logging);
        builder.AddServiceDefaults();
        addServices(builder.Services);
        return builder.Build();
    }

    /// <summary>Owns a web application and starts it.</summary>
    /// <param name="app">The application.</param>
    /// <param name="setting">The setting that names its port.</param>
    /// <param name="port">The port.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Where it listens.</returns>
    /// <exception cref="StartupException">The port can't be had.</exception>
    public async Task<Uri> RunAsync(WebApplication app, string setting, int port, CancellationToken cancellationToken)
    {
        _owned.Push(new AppOwner(app));
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (IOException e)
        {
            throw new StartupException($"Port {port} is taken or can't be used. Stop whatever has it, or set {setting} to another port.", e);
        }
        var address = new Uri(app.Urls.First());
        return new UriBuilder(address) { Host = address.Host is "0.0.0.0" or "[::]" ? "localhost" : address.Host }.Uri;
    }

    /// <summary>Ends everything.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_owned.TryPop(out var owned))
        {
            return;
        }
        try
        {
            await owned.DisposeAsync();
        }
        finally
        {
            // Whatever failed to end, what lies beneath it ends all the same: the ledger above all, which has usage to write.
            await DisposeAsync();
        }
    }

    // Disposing alone would break running requests off.
    private sealed class AppOwner(WebApplication owned) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await owned.StopAsync();
            await owned.DisposeAsync();
        }
    }

    private sealed class AsyncOwner(IDisposable owned) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            owned.Dispose();
            return default;
        }
    }
}
