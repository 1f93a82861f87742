using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Usage;
using CredentialProxy.Gateway.Measuring;
using CredentialProxy.Gateway.Tracing;

namespace CredentialProxy.Gateway.Metering;

/// <summary>
/// Replaces what was reserved for a request by what it used, and writes its usage record, in one breath. May be called at every exit: the first call
/// counts. It never waits, never throws, and does not care whether the client is still there.
/// </summary>
internal sealed partial class Settler(GatewayOptions options, SpendingMeters meters, TimeProvider time, ILogger<Settler> logger)
{
    /// <summary>Settles or releases the request's reservation; nothing happens where it has none or is settled already.</summary>
    public void Settle(ProxyRequest request)
    {
        if (request.Reservation is not { IsClosed: false } reservation)
        {
            return;
        }
        using var span = request.Trace?.Begin(SpanNames.Settle);
        if (request.Delivery == Delivery.NotSent)
        {
            reservation.Release();
            return;
        }
        var outcome = Outcome.Of(request, reservation.Held, options.HiddenTokensPerSecond);
        var record = new UsageRecord
        {
            RequestId = request.Id,
            Time = time.GetUtcNow(),
            TokenId = request.Token.Grant.TokenId,
            ProjectId = request.Token.Grant.ProjectId,
            CredentialId = request.Credential.Credential.Id,
            Provider = request.Route.Provider.Name,
            Model = request.Facts.Model,
            Endpoint = request.Route.Endpoint!.Name,
            StatusCode = request.Answer?.StatusCode ?? 0,
            Usage = outcome.Usage,
            CostMicroUsd = outcome.CostMicroUsd,
            Marks = outcome.Marks,
            DurationMs = (int)Math.Min(int.MaxValue, time.GetElapsedTime(request.StartTimestamp).TotalMilliseconds),
            TraceId = request.Trace?.Id,
            SpanId = span?.SpanId.ToHexString(),
        };
        if (!reservation.Settle(outcome.Demand, record))
        {
            return;
        }
        meters.Settled(request, record);
        span?.SetTag(AttributeNames.Cost, (double)MicroUsd.ToUsd(record.CostMicroUsd)).SetTag(AttributeNames.Marks, record.Marks.ToString());
        if (outcome.Marks.HasFlag(UsageMarks.Overrun))
        {
            Log.Overrun(logger, request.Id, record.Provider, record.Model, outcome.Demand.Tokens, reservation.Held.Tokens);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2101, LogLevel.Warning, "Request {RequestId} to {Provider} model {Model} used {Tokens} tokens, more than its worst case of {Held}. Check the model's limits in the price table.")]
        public static partial void Overrun(ILogger logger, string requestId, string provider, string model, long tokens, long held);
    }
}
