using System.Collections.Frozen;
using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace CredentialProxy.ServiceDefaults.Telemetry;

/// <summary>What is collected: all that is ours, and what the frameworks say of servers, clients and the runtime.</summary>
internal static class Instrumentations
{
    /// <summary>The names of all our activity sources and meters begin so.</summary>
    private const string OwnNames = "CredentialProxy.*";

    /// <summary>What is asked every few seconds and says nothing.</summary>
    private static readonly string[] Probes = ["/health", "/alive", "/ready", "/metrics"];

    /// <summary>
    /// What frameworks measure at every request, some of it many times, and is not collected: it would cost a gateway more than all that is ours, which says the same by provider, endpoint and outcome.
    /// What they measure of connections and of waiting for one stays.
    /// </summary>
    private static readonly FrozenSet<string> LeftOut = FrozenSet.Create(
        StringComparer.Ordinal, "http.server.active_requests", "kestrel.queued_requests", "http.client.active_requests", "http.client.open_connections", "http.client.request.duration",
        "aspnetcore.memory_pool.pooled", "aspnetcore.memory_pool.rented");

    public static MeterProviderBuilder AddInstrumentations(this MeterProviderBuilder metrics) => metrics
        .AddMeter(OwnNames).AddAspNetCoreInstrumentation().AddHttpClientInstrumentation().AddRuntimeInstrumentation()
        // An instrument of which every stream is dropped is not listened to at all.
        .AddView(static instrument => LeftOut.Contains(instrument.Name) ? MetricStreamConfiguration.Drop : null);

    public static TracerProviderBuilder AddInstrumentations(this TracerProviderBuilder tracing, ClientTraceContext policy) => tracing
        .AddSource(OwnNames)
        .AddAspNetCoreInstrumentation(options =>
        {
            options.Filter = static context => !Probes.Contains(context.Request.Path.Value, StringComparer.Ordinal);
            options.EnrichWithHttpRequest = (activity, request) => Enrich(activity, request, policy);
        })
        .AddHttpClientInstrumentation();

    private static void Enrich(Activity activity, HttpRequest request, ClientTraceContext policy)
    {
        // A client may send its token as ?key=. That the instrumentation hides values of a query is a setting of the environment; so there is no query at all.
        activity.SetTag("url.query", null);
        if (policy == ClientTraceContext.Link && EdgePropagator.TryRead(request.Headers[EdgePropagator.Header], out var client))
        {
            activity.AddLink(new ActivityLink(client));
        }
    }
}
