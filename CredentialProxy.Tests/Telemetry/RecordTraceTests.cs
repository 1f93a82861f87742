using System.Collections.Concurrent;
using System.Diagnostics;
using CredentialProxy.Core.Usage;
using CredentialProxy.Tests.Limits;

namespace CredentialProxy.Tests.Telemetry;

/// <summary>What is traced of a batch of usage records.</summary>
public sealed class RecordTraceTests : IDisposable
{
    private readonly string _traceId = ActivityTraceId.CreateRandom().ToHexString();
    private readonly ConcurrentQueue<Activity> _ended = new();
    private readonly ActivityListener _listener;

    public RecordTraceTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "CredentialProxy.Usage",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _ended.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose() => _listener.Dispose();

    // Other tests record at the same time.
    private List<Activity> Ended => [.. _ended.Where(span => span.Links.Any(link => link.Context.TraceId.ToHexString() == _traceId))];

    [Fact]
    public void Every_traced_request_is_linked_to_however_many_there_are()
    {
        using (RecordTrace.Begin(Enumerable.Range(0, 300).Select(Traced), "sqlite"))
        {
            Assert.Null(Activity.Current);
        }
        Assert.Equal([44, 128, 128], Ended.Select(span => span.Links.Count()).Order());
        Assert.Equal(300, Ended.SelectMany(span => span.Links).Select(link => link.Context.SpanId).Distinct().Count());
        Assert.All(Ended, span => Assert.Null(span.ParentId));
        Assert.Null(Activity.Current);
    }

    [Fact]
    public void Nothing_is_made_of_a_batch_without_any() =>
        Assert.Null(RecordTrace.Begin([UsageRecords.Of("a"), UsageRecords.Of("b") with { TraceId = "no trace", SpanId = "no span" }, UsageRecords.Of("c") with { TraceId = _traceId }], "sqlite"));

    [Fact]
    public void A_batch_that_fails_says_so()
    {
        using (var trace = RecordTrace.Begin([Traced(1)], "sqlite"))
        {
            trace!.Fail(typeof(IOException));
        }
        var span = Assert.Single(Ended);
        Assert.Equal((ActivityStatusCode.Error, "System.IO.IOException"), (span.Status, span.GetTagItem("error.type")));
    }

    private UsageRecord Traced(int number) => UsageRecords.Of($"req_{number}") with { TraceId = _traceId, SpanId = ActivitySpanId.CreateRandom().ToHexString() };
}
