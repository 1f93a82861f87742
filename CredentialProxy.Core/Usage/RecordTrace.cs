using System.Diagnostics;

namespace CredentialProxy.Core.Usage;

/// <summary>
/// Traces how usage records are written for good: a span for each batch that holds records of traced requests, which links to them. Of an ordinary batch nothing is made.
/// </summary>
public sealed class RecordTrace : IDisposable
{
    /// <summary>Name of the spans.</summary>
    public const string SpanName = "record";

    /// <summary>Links of one span; what goes beyond begins another one. Exporters cut off what is more (https://opentelemetry.io/docs/specs/otel/common/#configurable-parameters).</summary>
    internal const int MaxLinks = 128;

    private static readonly ActivitySource Source = new("CredentialProxy.Usage");

    private readonly List<Activity> _spans = [];

    private RecordTrace()
    {
    }

    /// <summary>Begins, before the records are written. Disposed when they are.</summary>
    /// <param name="records">The records of the batch.</param>
    /// <param name="store">What keeps them, such as <c>postgresql</c>: the value of <c>db.system.name</c>.</param>
    /// <returns>Null where no record is of a traced request, or nobody listens.</returns>
    public static RecordTrace? Begin(IEnumerable<UsageRecord> records, string store)
    {
        if (!Source.HasListeners())
        {
            return null;
        }
        var current = Activity.Current;
        RecordTrace? trace = null;
        foreach (var chunk in records.Select(ContextOf).OfType<ActivityContext>().Chunk(MaxLinks))
        {
            // Each is the root of a trace; the traces of its requests have ended, or will end whenever their answers do.
            Activity.Current = null;
            if (Source.StartActivity(SpanName, ActivityKind.Consumer, parentContext: default, links: chunk.Select(context => new ActivityLink(context))) is { } span)
            {
                span.SetTag("db.system.name", store);
                span.SetTag("messaging.batch.message_count", chunk.Length);
                (trace ??= new RecordTrace())._spans.Add(span);
            }
        }
        Activity.Current = current;
        return trace;
    }

    /// <summary>Notes that they could not be written.</summary>
    /// <param name="error">The exception's type.</param>
    public void Fail(Type error)
    {
        foreach (var span in _spans)
        {
            span.SetTag("error.type", error.FullName);
            span.SetStatus(ActivityStatusCode.Error);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        var current = Activity.Current;
        foreach (var span in _spans)
        {
            span.Dispose();
        }
        Activity.Current = current;
    }

    // The ids went through the stream of usage, so anything may stand there.
    private static ActivityContext? ContextOf(UsageRecord record) =>
        record is { TraceId: { } traceId, SpanId: { } spanId } && ActivityContext.TryParse($"00-{traceId}-{spanId}-01", null, isRemote: true, out var context) ? context : null;
}
