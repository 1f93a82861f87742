using System.Reflection;
using CredentialProxy.ServiceDefaults.Configuration;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Context.Propagation;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace CredentialProxy.ServiceDefaults.Telemetry;

/// <summary>
/// Sends traces, metrics and logs of a process over OTLP: one of each signal, however many web applications the process consists of, for each would see what all of them do. What OpenTelemetry's
/// variables give no address to is not collected, and costs nothing.
/// </summary>
public sealed class ProcessTelemetry : IDisposable
{
    /// <summary>In characters; OpenTelemetry has no bound of its own, and clients write paths, models and user agents as long as they like.</summary>
    private const string AttributeLength = "512";

    private readonly ServiceProvider? _services;
    private readonly ILoggerProvider? _logs;

    private ProcessTelemetry(ServiceProvider? services)
    {
        _services = services;
        _logs = services?.GetService<ILoggerProvider>();
        services?.GetService<MeterProvider>();
        services?.GetService<TracerProvider>();
    }

    /// <summary>Starts to send what is to be sent.</summary>
    /// <exception cref="StartupException">A setting is wrong.</exception>
    public static ProcessTelemetry Start(IConfiguration configuration)
    {
        var options = SettingsReader.Read<TelemetryOptions>(configuration, TelemetryOptions.Section);
        var sampler = EdgeSampler.Read(configuration, options);
        var toAll = configuration["OTEL_EXPORTER_OTLP_ENDPOINT"];
        var traces = IsWanted(toAll, configuration["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"], configuration["OTEL_TRACES_EXPORTER"]);
        var metrics = IsWanted(toAll, configuration["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"], configuration["OTEL_METRICS_EXPORTER"]);
        var logs = IsWanted(toAll, configuration["OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"], configuration["OTEL_LOGS_EXPORTER"]);
        if (!traces && !metrics && !logs)
        {
            return new ProcessTelemetry(null);
        }
        // Else the instrumentation would read the client's context once more, its own way.
        Sdk.SetDefaultTextMapPropagator(new TraceContextPropagator());
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT"] = AttributeLength }).AddConfiguration(configuration).Build());
        var telemetry = services.AddOpenTelemetry().UseOtlpExporter().ConfigureResource(resource => Describe(resource, configuration));
        if (traces)
        {
            telemetry.WithTracing(tracing => tracing.SetSampler(sampler).AddInstrumentations(options.ClientTraceContext));
        }
        if (metrics)
        {
            telemetry.WithMetrics(meters => meters.AddInstrumentations());
        }
        if (logs)
        {
            services.AddLogging(logging => logging.AddOpenTelemetry(log => log.IncludeFormattedMessage = true));
        }
        return new ProcessTelemetry(services.BuildServiceProvider());
    }

    /// <summary>Has what is logged sent too.</summary>
    public void AddTo(ILoggingBuilder builder)
    {
        if (_logs is not null)
        {
            builder.AddProvider(_logs);
        }
    }

    /// <summary>Sends what is left, for a few seconds at most, and ends.</summary>
    public void Dispose() => _services?.Dispose();

    private static bool IsWanted(string? toAll, string? toOne, string? exporter) =>
        (!string.IsNullOrWhiteSpace(toAll) || !string.IsNullOrWhiteSpace(toOne)) && !string.Equals(exporter, "none", StringComparison.OrdinalIgnoreCase);

    private static void Describe(ResourceBuilder resource, IConfiguration configuration)
    {
        var program = Assembly.GetEntryAssembly()?.GetName();
        // The variable is read by the resource itself, before this.
        if (string.IsNullOrEmpty(configuration["OTEL_SERVICE_NAME"]) && program?.Name is { } name)
        {
            resource.AddService(name, serviceVersion: program.Version?.ToString(3));
        }
    }
}
