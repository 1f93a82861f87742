using CredentialProxy.ServiceDefaults.Configuration;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace CredentialProxy.ServiceDefaults.Hosting;

/// <summary>A service in a process of its own: begins whole or not at all, and before it ends says that it is not ready any more.</summary>
/// <param name="configuration">Its configuration.</param>
/// <param name="logging">Where logs go.</param>
public abstract class ServiceHost(IConfiguration configuration, Action<ILoggingBuilder> logging) : IAsyncDisposable
{
    private StoppingOptions _stopping = new();
    private int _isStopped; // interlocked

    /// <summary>Where it listens.</summary>
    public Uri Address { get; protected set; } = null!;

    /// <summary>Its configuration.</summary>
    protected IConfiguration Configuration => configuration;

    /// <summary>Where metrics are served for Prometheus; null for nowhere.</summary>
    public Uri? MetricsAddress { get; private set; }

    /// <summary>Where logs go.</summary>
    protected Action<ILoggingBuilder> Logging => Parts.Logging;

    /// <summary>What it consists of.</summary>
    protected OwnedParts Parts { get; } = new(configuration, logging);

    /// <summary>What says whether it can serve; null until it is made.</summary>
    protected Readiness? Readiness { get; set; }

    /// <summary>Ends it, in a hurry for nobody.</summary>
    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return StopAsync(CancellationToken.None);
    }

    /// <summary>Says that it is not ready any more, waits until that is heard, lets running requests end, and ends its parts. Does nothing the second time.</summary>
    /// <param name="hurry">Waits for nobody any more: requests that run are cut.</param>
    public async ValueTask StopAsync(CancellationToken hurry)
    {
        if (Interlocked.Exchange(ref _isStopped, 1) != 0)
        {
            return;
        }
        Readiness?.Stop();
        await Task.Delay(_stopping.ReadinessDelay, TimeProvider.System, hurry).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Parts.EndAsync(hurry);
    }

    /// <summary>Starts a host; nothing is left running when it fails.</summary>
    /// <exception cref="StartupException">A setting is wrong, the port is taken, or what it stands on can't be used.</exception>
    protected static async Task<T> StartAsync<T>(T host, CancellationToken cancellationToken)
        where T : ServiceHost
    {
        try
        {
            host._stopping = SettingsReader.Read<StoppingOptions>(host.Configuration, StoppingOptions.Section);
            host.MetricsAddress = await host.Parts.ServeMetricsAsync(cancellationToken);
            await host.StartAsync(cancellationToken);
            return host;
        }
        catch
        {
            await host.Parts.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes the parts and starts them.</summary>
    protected abstract Task StartAsync(CancellationToken cancellationToken);
}
