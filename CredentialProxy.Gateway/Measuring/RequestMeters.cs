using System.Diagnostics.Metrics;
using CredentialProxy.Core.Judging;
using CredentialProxy.Gateway.Tracing;

namespace CredentialProxy.Gateway.Measuring;

/// <summary>What is measured of requests and of calls to providers. Where nobody listens nothing is done. Every label has few values, whatever clients write.</summary>
internal sealed class RequestMeters
{
    /// <summary>Name of the gateway's meter.</summary>
    public const string Name = "CredentialProxy.Gateway";

    /// <summary>Credentials that are told apart.</summary>
    private const int MaxCredentials = 1_000;

    /// <summary>Combinations of what is told of calls, beside which all others are one: OpenTelemetry keeps 2,000.</summary>
    private const int MaxRows = 1_999;

    // https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-metrics.md
    private static readonly InstrumentAdvice<double> CallSeconds = new() { HistogramBucketBoundaries = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92] };

    private readonly BoundedLabels _credentials = new(MaxCredentials);
    private readonly ModelLabels _models;
    private readonly TimeProvider _time;
    private readonly Histogram<double> _requests;
    private readonly Counter<long> _refusals;
    private readonly LabelledRows<CallLabels, Count> _calls = new(MaxRows);
    private readonly ObservableCounter<long> _callCount;
    private readonly Histogram<double> _callSeconds;
    private readonly Histogram<double> _firstChunk;

    public RequestMeters(IMeterFactory meters, ModelLabels models, TimeProvider time)
    {
        _models = models;
        _time = time;
        var meter = meters.Create(Name);
        _requests = meter.CreateHistogram("credential_proxy.request.duration", "s", "Time from a request's first byte to the last of its answer.", tags: null, advice: CallSeconds);
        _refusals = meter.CreateCounter<long>("credential_proxy.refusals", "{request}", "Requests that were answered by the gateway itself, by code.");
        _callCount = meter.CreateObservableCounter("credential_proxy.upstream.requests", ObserveCalls, "{request}", "Calls to providers, by credential and by how they ended.");
        _callSeconds = meter.CreateHistogram("gen_ai.client.operation.duration", "s", "Time from sending a request to a provider to the end of its answer.", tags: null, advice: CallSeconds);
        _firstChunk = meter.CreateHistogram("gen_ai.client.operation.time_to_first_chunk", "s", "Time from sending a request to a provider to the first bytes of its stream.", tags: null, advice: CallSeconds);
    }

    /// <summary>A request is over, whatever became of it.</summary>
    public void Ended(ProxyRequest request, Refusal? refusal)
    {
        if (!_requests.Enabled && !_callCount.Enabled)
        {
            return;
        }
        var now = _time.GetTimestamp();
        var provider = request.Route.Provider is { } found ? GenAI.ProviderOf(found) : BoundedLabels.None;
        _requests.Record(
            _time.GetElapsedTime(request.StartTimestamp, now).TotalSeconds,
            new(AttributeNames.GenAIProvider, provider),
            new(AttributeNames.Endpoint, request.Route.Endpoint?.Name ?? BoundedLabels.None),
            new(AttributeNames.Outcome, CallOutcomes.Of(request, refusal)));
        if (refusal is not null)
        {
            _refusals.Add(1, new(AttributeNames.Refusal, RefusalCodes.NameOf(refusal.Code)), new(AttributeNames.GenAIProvider, provider));
        }
        if (request.Open is { } open)
        {
            CallEnded(request, refusal, provider, open.SentTimestamp, now);
        }
    }

    private void CallEnded(ProxyRequest request, Refusal? refusal, string provider, long sent, long now)
    {
        Interlocked.Increment(ref _calls.Of(new CallLabels(provider, _credentials.Of(request.Credential.Credential.Id), CallOutcomes.OfCall(request, refusal))).Value);
        if (GenAI.OperationOf(request.Route.Endpoint!) is not { } name)
        {
            return;
        }
        KeyValuePair<string, object?> operation = new(AttributeNames.GenAIOperation, name), of = new(AttributeNames.GenAIProvider, provider), model = new(AttributeNames.GenAIRequestModel, _models.Of(request.Facts.Model));
        if (request.Answer is { IsEventStream: true, FirstBytesTimestamp: > 0 and var first })
        {
            _firstChunk.Record(_time.GetElapsedTime(sent, first).TotalSeconds, operation, of, model);
        }
        var seconds = _time.GetElapsedTime(sent, now).TotalSeconds;
        if (CallSpan.ErrorOf(request, refusal) is { } error)
        {
            _callSeconds.Record(seconds, operation, of, model, new(AttributeNames.ErrorType, error));
        }
        else
        {
            _callSeconds.Record(seconds, operation, of, model);
        }
    }

    private IEnumerable<Measurement<long>> ObserveCalls()
    {
        foreach (var (labels, count) in _calls.All())
        {
            if (Interlocked.Read(ref count.Value) is > 0 and var calls)
            {
                yield return labels is { } known
                    ? new Measurement<long>(calls, new(AttributeNames.GenAIProvider, known.Provider), new(AttributeNames.Credential, known.Credential), new(AttributeNames.Outcome, known.Outcome))
                    : new Measurement<long>(calls, new KeyValuePair<string, object?>(AttributeNames.Overflow, true));
            }
        }
    }

    private readonly record struct CallLabels(string Provider, string Credential, string Outcome);

    private sealed class Count
    {
        public long Value; // interlocked
    }
}
