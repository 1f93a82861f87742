using System.Diagnostics;
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

    // https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-metrics.md
    private static readonly InstrumentAdvice<double> CallSeconds = new() { HistogramBucketBoundaries = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92] };

    private readonly BoundedLabels _credentials = new(MaxCredentials);
    private readonly ModelLabels _models;
    private readonly TimeProvider _time;
    private readonly Histogram<double> _requests;
    private readonly Counter<long> _refusals;
    private readonly Counter<long> _calls;
    private readonly Histogram<double> _callSeconds;
    private readonly Histogram<double> _firstChunk;

    public RequestMeters(IMeterFactory meters, ModelLabels models, TimeProvider time)
    {
        _models = models;
        _time = time;
        var meter = meters.Create(Name);
        _requests = meter.CreateHistogram("credential_proxy.request.duration", "s", "Time from a request's first byte to the last of its answer.", tags: null, advice: CallSeconds);
        _refusals = meter.CreateCounter<long>("credential_proxy.refusals", "{request}", "Requests that were answered by the gateway itself, by code.");
        _calls = meter.CreateCounter<long>("credential_proxy.upstream.requests", "{request}", "Calls to providers, by credential and by how they ended.");
        _callSeconds = meter.CreateHistogram("gen_ai.client.operation.duration", "s", "Time from sending a request to a provider to the end of its answer.", tags: null, advice: CallSeconds);
        _firstChunk = meter.CreateHistogram("gen_ai.client.operation.time_to_first_chunk", "s", "Time from sending a request to a provider to the first bytes of its stream.", tags: null, advice: CallSeconds);
    }

    /// <summary>A request is over, whatever became of it.</summary>
    public void Ended(ProxyRequest request, Refusal? refusal)
    {
        if (!_requests.Enabled)
        {
            return;
        }
        var now = _time.GetTimestamp();
        var provider = request.Route.Provider is { } found ? GenAI.ProviderOf(found) : BoundedLabels.None;
        _requests.Record(
            _time.GetElapsedTime(request.StartTimestamp, now).TotalSeconds,
            new TagList
            {
                { AttributeNames.GenAIProvider, provider },
                { AttributeNames.Endpoint, request.Route.Endpoint?.Name ?? BoundedLabels.None },
                { AttributeNames.Outcome, CallOutcomes.Of(request, refusal) },
            });
        if (refusal is not null)
        {
            _refusals.Add(1, new TagList { { AttributeNames.Refusal, RefusalCodes.NameOf(refusal.Code) }, { AttributeNames.GenAIProvider, provider } });
        }
        if (request.Open is { } open)
        {
            CallEnded(request, refusal, provider, open.SentTimestamp, now);
        }
    }

    private void CallEnded(ProxyRequest request, Refusal? refusal, string provider, long sent, long now)
    {
        _calls.Add(1, new TagList
        {
            { AttributeNames.GenAIProvider, provider },
            { AttributeNames.Credential, _credentials.Of(request.Credential.Credential.Id) },
            { AttributeNames.Outcome, CallOutcomes.OfCall(request, refusal) },
        });
        if (GenAI.OperationOf(request.Route.Endpoint!) is not { } operation)
        {
            return;
        }
        var tags = new TagList
        {
            { AttributeNames.GenAIOperation, operation },
            { AttributeNames.GenAIProvider, provider },
            { AttributeNames.GenAIRequestModel, _models.Of(request.Facts.Model) },
        };
        if (request.Answer is { IsEventStream: true, FirstBytesTimestamp: > 0 and var first })
        {
            _firstChunk.Record(_time.GetElapsedTime(sent, first).TotalSeconds, tags);
        }
        if (CallSpan.ErrorOf(request, refusal) is { } error)
        {
            tags.Add(AttributeNames.ErrorType, error);
        }
        _callSeconds.Record(_time.GetElapsedTime(sent, now).TotalSeconds, tags);
    }
}
