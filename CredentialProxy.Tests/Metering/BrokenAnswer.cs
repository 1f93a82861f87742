using System.Net;
using System.Text;
using CredentialProxy.Core.Judging;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Metering;
using CredentialProxy.Gateway.Connections;
using CredentialProxy.Gateway.Forwarding;
using CredentialProxy.Gateway.Measuring;
using CredentialProxy.Gateway.Metering;
using CredentialProxy.ServiceDefaults.Hosting;
using CredentialProxy.Tests.Reserving;
using CredentialProxy.Tests.Telemetry;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace CredentialProxy.Tests.Metering;

/// <summary>A stream of events that breaks off, on a clock of its own.</summary>
internal sealed class BrokenAnswer : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly Inspected _inspected;
    private readonly Draining _draining = new(TimeSpan.Zero);
    private readonly OpenRequests _openRequests;
    private readonly AnswerMeter _meter;
    private readonly HttpResponseMessage _response = new(HttpStatusCode.OK) { Content = new ByteArrayContent([]) };

    public BrokenAnswer(string provider, string path, string body, double headersAfterSeconds = 0)
    {
        _inspected = Inspected.Of(provider, path, body);
        Assert.Null(_inspected.Refusal);
        var request = _inspected.Request;
        _openRequests = new OpenRequests(null!, Inspected.Options, _draining, new SlowReaders(new ConnectionOptions(), _time), _time);
        request.Open = _openRequests.Enter("tok_1", null);
        Pass(headersAfterSeconds);
        // No length, as of every stream.
        _response.Headers.TransferEncodingChunked = true;
        var settler = new Settler(Inspected.Options, Unheard.SpendingMeters(Inspected.Prices), _time, NullLogger<Settler>.Instance);
        var usage = new UsageMeter(request.Route.Endpoint!.Dialect, AnswerForm.Sse, keepsText: true, request.Facts.Model);
        _meter = new AnswerMeter(request, _response, isEventStream: true, usage, null, _openRequests, settler, _time);
        request.Answer = _meter;
        _meter.OnHeaders();
    }

    /// <summary>What is held for the request.</summary>
    public Demand Held => WorstCase.Of(_inspected.Request.Judged, isHeld: true, toolCalls: 5);

    public void Pass(double seconds) => _time.Advance(TimeSpan.FromSeconds(seconds));

    /// <summary>An event comes, so many seconds after what was before it.</summary>
    public BrokenAnswer Send(string data, double afterSeconds = 0)
    {
        Pass(afterSeconds);
        _meter.OnBytes(Encoding.UTF8.GetBytes($"data: {data}\n\n"));
        return this;
    }

    /// <summary>The answer comes to its regular end.</summary>
    public void End() => _meter.OnEnd();

    /// <summary>The gateway ends it before that.</summary>
    public void End(EndReason reason) => _inspected.Request.Open!.End(reason, _time.GetTimestamp());

    /// <summary>What is measured of the call.</summary>
    public string CallOutcome => CallOutcomes.OfCall(_inspected.Request, null);

    /// <summary>What is charged for what has come by now.</summary>
    public Outcome Judge(int hiddenTokensPerSecond = 3000) => Outcome.Of(_inspected.Request, Held, hiddenTokensPerSecond);

    public void Dispose()
    {
        _openRequests.Leave(_inspected.Request.Open!);
        _openRequests.Dispose();
        _draining.Dispose();
        _response.Dispose();
        _inspected.Dispose();
    }
}
