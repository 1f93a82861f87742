using CredentialProxy.ServiceDefaults.Configuration;
using CredentialProxy.ServiceDefaults.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;

namespace CredentialProxy.ServiceDefaults.Telemetry;

/// <summary>Serves metrics for Prometheus on an address and port of their own, so that no agent comes by them at the gateway's door, nor anybody at the control plane's without a key.</summary>
internal static class MetricsEndpoint
{
    public const string Path = "/metrics";

    /// <summary>Serves them where a port is set; null elsewhere.</summary>
    /// <returns>Where they are.</returns>
    /// <exception cref="StartupException">Address or port make no sense, or the port can't be had.</exception>
    public static async Task<Uri?> ServeAsync(OwnedParts parts, IConfiguration configuration, CancellationToken cancellationToken)
    {
        if (configuration[EnvironmentNames.MetricsPort] is not { Length: > 0 })
        {
            return null;
        }
        var address = ListeningPlace.ReadAddress(configuration, EnvironmentNames.MetricsHost);
        var port = ListeningPlace.ReadPort(configuration, EnvironmentNames.MetricsPort, otherwise: 0);
        var app = parts.Build(
            services => services.AddOpenTelemetry().WithMetrics(metrics => metrics.AddInstrumentations().AddPrometheusExporter()),
            kestrel =>
            {
                kestrel.AddServerHeader = false;
                kestrel.Listen(address, port);
            });
        app.UseOpenTelemetryPrometheusScrapingEndpoint(Path);
        return new Uri(await parts.RunAsync(app, EnvironmentNames.MetricsPort, port, cancellationToken), Path);
    }
}
