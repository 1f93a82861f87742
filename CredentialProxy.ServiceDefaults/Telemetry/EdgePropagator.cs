using System.Diagnostics;

namespace CredentialProxy.ServiceDefaults.Telemetry;

/// <summary>
/// Takes of a client's trace context what the setting allows, and nothing that could carry words of the client's into every span: no <c>tracestate</c>, no <c>baggage</c>. It puts nothing into a
/// request of ours.
/// </summary>
internal sealed class EdgePropagator(ClientTraceContext policy) : DistributedContextPropagator
{
    public const string Header = "traceparent";

    // As version 00 has it; of a later version what is behind is not ours to read.
    private const int MaxLength = 128;

    public override IReadOnlyCollection<string> Fields { get; } = [Header];

    /// <summary>The client's context where it is whole.</summary>
    public static bool TryRead(string? header, out ActivityContext context)
    {
        context = default;
        return header is { Length: <= MaxLength } && ActivityContext.TryParse(header, traceState: null, isRemote: true, out context);
    }

    public override void Inject(Activity? activity, object? carrier, PropagatorSetterCallback? setter)
    {
    }

    public override void ExtractTraceIdAndState(object? carrier, PropagatorGetterCallback? getter, out string? traceId, out string? traceState)
    {
        (traceId, traceState) = (null, null);
        if (policy != ClientTraceContext.Continue || getter is null)
        {
            return;
        }
        getter(carrier, Header, out var value, out _);
        // What is no trace context would be taken for an id of the older, hierarchical kind.
        traceId = TryRead(value, out _) ? value : null;
    }

    public override IEnumerable<KeyValuePair<string, string?>>? ExtractBaggage(object? carrier, PropagatorGetterCallback? getter) => null;
}
