using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CredentialProxy.ServiceDefaults;

/// <summary>What every service of ours has, by the convention of .NET Aspire: health checks, discreet logs, and for calls within the control plane discovery and resilience.</summary>
public static class ServiceDefaultsExtensions
{
    /// <summary>Adds health checks and discretion to logs. What is collected of a process is the process's, not each application's: see <see cref="Telemetry.ProcessTelemetry"/>.</summary>
    public static IHostApplicationBuilder AddServiceDefaults(this IHostApplicationBuilder builder)
    {
        builder.Services.AddHealthChecks();
        builder.Services.AddSingleton<LoggerFactory>();
        builder.Services.Replace(ServiceDescriptor.Singleton<ILoggerFactory>(services => new DiscreetLoggerFactory(services.GetRequiredService<LoggerFactory>())));
        return builder;
    }

    /// <summary>
    /// Adds a client for calls within the control plane, found by service discovery and made resilient. Never use it to forward a request: a retried completion is paid twice.
    /// </summary>
    public static IHttpClientBuilder AddControlPlaneClient(this IServiceCollection services, string name)
    {
        services.AddServiceDiscovery();
        var client = services.AddHttpClient(name)
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
            .AddServiceDiscovery();
        client.AddStandardResilienceHandler();
        return client;
    }
}
