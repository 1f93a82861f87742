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
    // Each ends one part; a part that waits for anything stops waiting when the token is cancelled.
    private readonly Stack<Func<CancellationToken, ValueTask>> _endings = new();
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
                _endings.Push(_ => owned.DisposeAsync());
                break;
            case IDisposable owned:
                _endings.Push(_ =>
                {
                    owned.Dispose();
                    return default;
                });
                break;
            default:
                throw new ArgumentException("It ends by itself.", nameof(part));
        }
        return part;
    }

    /// <summary>Makes a web application. It serves nothing yet.</summary>
    /// <exception cref="StartupException">A setting of how it stops is wrong.</exception>
    public WebApplication Build(Action<IServiceCollection> addServices, Action<KestrelServerOptions> configureServer)
    {
        var stopping = SettingsReader.Read<StoppingOptions>(_configuration, StoppingOptions.Section);
        // Nothing that a web host does by itself: addresses are ours to choose, and no setting of the framework's (ASPNETCORE_URLS, Kestrel:Endpoints) may
        // open a second door; nor is there a file to watch, for settings are read once.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(configureServer);
        builder.Configuration.AddConfiguration(_configuration);
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        // How long it takes is for Draining to say.
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = Timeout.InfiniteTimeSpan);
        builder.Services.AddSingleton(_ => new Draining(stopping.DrainTimeout));
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
        _endings.Push(hurry => EndAsync(app, hurry));
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
    public ValueTask DisposeAsync() => EndAsync(CancellationToken.None);

    /// <summary>Ends everything: requests that run may end, until they have had their time or <paramref name="hurry"/> is cancelled.</summary>
    public async ValueTask EndAsync(CancellationToken hurry)
    {
        if (!_endings.TryPop(out var end))
        {
            return;
        }
        try
        {
            await end(hurry);
        }
        finally
        {
            // Whatever failed to end, what lies beneath it ends all the same: the ledger above all, which has usage to write.
            await EndAsync(hurry);
        }
    }

    // Disposing alone would break running requests off. The mock provider's application is not built here, and has nothing to wait for.
    private static async ValueTask EndAsync(WebApplication app, CancellationToken hurry)
    {
        try
        {
            await (app.Services.GetService<Draining>() is { } draining ? draining.StopAsync(app, hurry) : app.StopAsync(hurry));
        }
        finally
        {
            await app.DisposeAsync();
        }
    }
}
