using System.ComponentModel.DataAnnotations;

namespace CredentialProxy.ServiceDefaults.Telemetry;

/// <summary>What is traced and measured, at <c>Telemetry</c>. Where it goes is said by <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> and <c>METRICS_PORT</c>; see docs/telemetry.md.</summary>
public sealed class TelemetryOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Telemetry";

    /// <summary>
    /// What becomes of the <c>traceparent</c> that a client sends: its trace is continued, or a new one is started that links to it, or it is ignored. <c>tracestate</c> and <c>baggage</c>
    /// are never taken, and nothing of it goes to a provider.
    /// </summary>
    public ClientTraceContext ClientTraceContext { get; init; } = ClientTraceContext.Continue;

    /// <summary>
    /// The part of the requests that are traced. <c>OTEL_TRACES_SAMPLER</c> and <c>OTEL_TRACES_SAMPLER_ARG</c> go before it. Drawn for each request, and not from its trace id, which a client may
    /// have chosen.
    /// </summary>
    [Range(0.0, 1.0)]
    public double SampleRatio { get; init; } = 1;

    /// <summary>Whether a client's trace is traced here when its <c>traceparent</c> says that it is sampled, and only then. Whoever has a token can then have every request of theirs traced.</summary>
    public bool TrustClientSampling { get; init; }

    /// <summary>Projects that metrics tell apart; those beyond are counted together as <c>other</c>.</summary>
    [Range(0, 1_000)]
    public int MaxProjects { get; init; } = 100;
}
