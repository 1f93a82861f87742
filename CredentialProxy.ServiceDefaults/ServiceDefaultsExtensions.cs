using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace CredentialProxy.ServiceDefaults;

/// <summary>What every service of ours has, by the convention of .NET Aspire: telemetry over OTLP, health checks, and for calls within the control plane discovery and resilience.</summary>
public static class ServiceDefaultsExtensions
{
    /// <summary>The names of all our activity sources and meters begin so.</summary>
    private const string OwnNames = "CredentialProxy.*";

    /// <summary>
    /// Adds telemetry, health checks and discretion to logs. Telemetry is collected only where <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> says where it goes: without it a request pays nothing for it.
    /// </summary>
    public static IHostApplicationBuilder AddServiceDefaults(this IHostApplicationBuilder builder)
    {
        builder.Services.AddHealthChecks();
        builder.Services.AddSingleton<LoggerFactory>();
        builder.Services.Replace(ServiceDescriptor.Singleton<ILoggerFactory>(services => new DiscreetLoggerFactory(services.GetRequiredService<LoggerFactory>())));
        if (string.IsNullOrWhiteSpace(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
        {
            return builder;
        }
        builder.Logging.AddOpenTelemetry(logging =>
        {
            logging.IncludeFormattedMessage = true;
            logging.IncludeScopes = true;
        });
        builder.Services.AddOpenTelemetry()
            .WithMetrics(metrics => metrics.AddMeter(OwnNames).AddAspNetCoreInstrumentation().AddHttpClientInstrumentation().AddRuntimeInstrumentation())
            .WithTracing(tracing => tracing.AddSource(OwnNames)
                // A client may send its token as ?key=. That the instrumentation hides values of a query is a setting of the environment; so there is no query at all.
                .AddAspNetCoreInstrumentation(options => options.EnrichWithHttpRequest = static (activity, _) => activity.SetTag("url.query", null))
                .AddHttpClientInstrumentation())
            .UseOtlpExporter();
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

    /// <summary>Maps <c>/alive</c> (the process runs) and <c>/ready</c> (it can serve).</summary>
    public static WebApplication MapDefaultEndpoints(this WebApplication app)
    {
        app.MapHealthChecks("/alive", new HealthCheckOptions { Predicate = check => check.Tags.Contains("live") });
        app.MapHealthChecks("/ready");
        return app;
    }
}
